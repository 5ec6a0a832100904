#include "adapters/web/tests/fixture.hpp"

namespace ioc::web::test {
namespace {
using registry_calls = web_test;

TEST_F(registry_calls, are_the_admins_and_of_the_admins_units) {
  start();
  http_client c(port());
  std::string const place = "/api/v1/devices/03478/WL-01";
  EXPECT_EQ(c.send("PATCH", place, R"({"zone":"ban-nua"})", bearer("truc")).status, 403);
  EXPECT_EQ(c.send("POST", "/api/v1/devices/03481/X/account", "{}", bearer("quantri")).status, 404);
  EXPECT_EQ(c.send("POST", "/api/v1/devices/import?unit=03481", "a", with(bearer("quantri"), "Content-Type", "text/csv")).status, 404);
  EXPECT_TRUE(backend_.registry_asked.empty());

  backend_.registry_outcome = {200, R"({"device":"WL-01"})"};
  EXPECT_EQ(c.send("PATCH", place, R"({"zone":"ban-nua","reason":"đo lại"})", bearer("quantri")).status, 200);
  ASSERT_EQ(backend_.registry_asked.size(), 1u);
  auto const& asked = backend_.registry_asked[0];
  EXPECT_EQ(asked.what, registry_call::change);
  EXPECT_EQ(asked.unit + "/" + asked.device + " " + asked.user, "03478/WL-01 quantri");
  EXPECT_EQ(asked.reason, "đo lại");
  EXPECT_EQ(asked.body, R"({"zone":"ban-nua"})");
  EXPECT_EQ(c.send("DELETE", place + "?revert=1&reason=sai", "", bearer("quantri")).status, 200);
  EXPECT_EQ(backend_.registry_asked[1].what, registry_call::revert);
  EXPECT_EQ(c.send("DELETE", place + "?rever=1", "", bearer("quantri")).status, 400);
}

TEST_F(registry_calls, import_takes_a_table_larger_than_other_bodies) {
  start();
  http_client c(port());
  backend_.registry_outcome = {200, "{}"};
  auto const h = bearer("quantri");
  EXPECT_EQ(c.send("POST", "/api/v1/devices/import", "{}", h).status, 415) << "JSON is no table";
  std::string const table(3 << 20, 'x');
  EXPECT_EQ(c.send("POST", "/api/v1/devices/import?dry_run=1", table, with(h, "Content-Type", "text/csv; charset=utf-8")).status, 200);
  ASSERT_EQ(backend_.registry_asked.size(), 1u);
  EXPECT_TRUE(backend_.registry_asked[0].dry_run);
  EXPECT_EQ(backend_.registry_asked[0].body.size(), table.size());
  http_client other(port());
  EXPECT_EQ(other.send("POST", "/api/v1/devices", table, h).status, 413) << "elsewhere the limit stays";
}

TEST_F(registry_calls, show_a_password_once_even_to_a_repeated_write) {
  start();
  http_client c(port());
  auto const h = with(bearer("quantri"), "Idempotency-Key", "tk-1");
  auto const first = c.send("POST", "/api/v1/devices/03478/WL-01/account", "{}", h);
  EXPECT_EQ(json_of(first.body).at("password").as_string(), "geheim");
  auto const again = c.send("POST", "/api/v1/devices/03478/WL-01/account", "{}", h);
  EXPECT_EQ(again.status, 201);
  EXPECT_TRUE(json_of(again.body).at("password").is_null());
  EXPECT_EQ(backend_.registry_asked.size(), 1u);
  for (auto const& [key, kept] : backend_.keys) EXPECT_EQ(kept.body.find("geheim"), std::string::npos) << "no password in the database";
}

TEST_F(registry_calls, a_key_outlives_a_restart_of_the_server) {
  start();
  std::string const body = R"({"unit":"03478","device":"X-1","name":"X"})";
  backend_.registry_outcome = {201, R"({"device":"X-1"})"};
  auto const send = [&] {
    http_client c(port());
    return c.send("POST", "/api/v1/devices", body, with(bearer("quantri"), "Idempotency-Key", "k-1"));
  };
  EXPECT_EQ(send().status, 201);
  server_->stop();
  start();
  auto const again = send();
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, R"({"device":"X-1"})");
  EXPECT_EQ(backend_.registry_asked.size(), 1u);
  http_client c(port());
  EXPECT_EQ(c.send("POST", "/api/v1/devices", R"({"unit":"03478","device":"X-2"})", with(bearer("quantri"), "Idempotency-Key", "k-1")).status, 422);
}

TEST_F(registry_calls, list_the_unclaimed_and_show_what_the_registry_holds) {
  item_meta m;
  m.device = "la";
  m.claimed = false;
  hub_.put(channel::devices, "03478/WL-01", "03478", R"({"unit":"03478","device":"WL-01"})");
  hub_.put(channel::devices, "03478/la", "03478", R"({"unit":"03478","device":"la","claimed":false})", m);
  start();
  http_client c(port());
  auto const h = bearer("quantri");
  auto const unclaimed = json_of(c.send("GET", "/api/v1/devices?claimed=false", "", h).body).at("items").as_array();
  ASSERT_EQ(unclaimed.size(), 1u);
  EXPECT_EQ(unclaimed[0].at("device").as_string(), "la");
  auto const claimed = json_of(c.send("GET", "/api/v1/devices?claimed=true", "", h).body).at("items").as_array();
  EXPECT_FALSE(claimed.empty());
  for (auto const& d : claimed) EXPECT_NE(d.at("device").as_string(), "la");
  EXPECT_EQ(c.send("GET", "/api/v1/devices?claimed=maybe", "", h).status, 400);
  EXPECT_EQ(json_of(c.send("GET", "/api/v1/devices/03478/WL-01", "", h).body).at("account").at("state").as_string(), "active");
}

}  // namespace
}  // namespace ioc::web::test
