#include "adapters/web/tests/fixture.hpp"

#include <thread>

namespace ioc::web::test {
namespace {
using calls_test = web_test;

std::string path(std::string const& a, std::string const& b, std::string const& c = "") { return "/api/v1/" + a + "/" + b + (c.empty() ? "" : "/" + c); }

TEST_F(calls_test, lists_are_newest_first_scoped_filtered_and_paged) {
  start();
  auto const h = bearer("truc");
  http_client c(port());
  auto const open = json_of(c.send("GET", "/api/v1/alerts?state=open", "", h).body);
  ASSERT_EQ(open.at("items").as_array().size(), 2u);
  EXPECT_EQ(open.at("items").at(0).at("id").as_string(), alert_a);
  EXPECT_TRUE(open.at("next").is_null());
  EXPECT_EQ(json_of(c.send("GET", "/api/v1/alerts?state=open&severity=warning", "", h).body).at("items").as_array().size(), 1u);

  auto const first = json_of(c.send("GET", "/api/v1/alerts?state=open&limit=1", "", h).body);
  ASSERT_EQ(first.at("items").as_array().size(), 1u);
  auto const second = json_of(c.send("GET", "/api/v1/alerts?state=open&limit=1&cursor=" + std::string(first.at("next").as_string()), "", h).body);
  ASSERT_EQ(second.at("items").as_array().size(), 1u);
  EXPECT_EQ(second.at("items").at(0).at("id").as_string(), alert_b);
  EXPECT_TRUE(second.at("next").is_null());

  EXPECT_EQ(c.send("GET", "/api/v1/alerts?state=open&unit=03481", "", h).status, 404);
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?state=opne", "", h).status, 400);
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?sate=open", "", h).status, 400);
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?state=open&limit=0", "", h).status, 400);
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?state=open&limit=1001", "", h).status, 400);
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?state=open&cursor=nonsense", "", h).status, 400);

  auto const province = json_of(c.send("GET", "/api/v1/alerts?state=open", "", bearer("tinh")).body);
  EXPECT_EQ(province.at("items").as_array().size(), 3u);
  EXPECT_EQ(json_of(c.send("GET", "/api/v1/alerts?state=open&unit=03481", "", bearer("tinh")).body).at("items").as_array().size(), 1u);
}

TEST_F(calls_test, history_shows_the_newer_state_of_what_is_live_and_nothing_of_others) {
  backend_.stored[alert_a] = {alert_a, "03478", R"({"id":"old copy"})"};
  backend_.stored["00000000-0000-5000-8000-0000000000cc"] = {"00000000-0000-5000-8000-0000000000cc", "03478", R"({"id":"closed one"})"};
  backend_.stored[alert_other] = {alert_other, "03481", R"({"id":"not yours"})"};
  start();
  auto const h = bearer("truc");
  http_client c(port());
  auto const all = json_of(c.send("GET", "/api/v1/alerts?state=closed,open&from=2027-01-01T00:00:00Z", "", h).body);
  ASSERT_EQ(all.at("items").as_array().size(), 2u);
  EXPECT_EQ(all.at("items").at(0).at("id").as_string(), alert_a);
  EXPECT_EQ(backend_.filter.units, (std::vector<std::string>{"03478"}));
  EXPECT_EQ(backend_.filter.states, (std::vector<std::string>{"active_acked", "active_unacked", "cleared_unacked", "closed"}));
  EXPECT_EQ(json_of(c.send("GET", path("alerts", "00000000-0000-5000-8000-0000000000cc"), "", h).body).at("id").as_string(), "closed one");
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?cursor=bad", "", h).status, 400);
}

TEST_F(calls_test, what_belongs_to_another_unit_is_not_there) {
  backend_.stored["00000000-0000-5000-8000-0000000000ee"] = {"00000000-0000-5000-8000-0000000000ee", "03481", "{}"};
  start();
  auto const h = bearer("truc");
  http_client c(port());
  for (std::string const id : {alert_other, "00000000-0000-5000-8000-0000000000ee", "no-uuid"}) {
    EXPECT_EQ(c.send("GET", path("alerts", id), "", h).status, 404);
    EXPECT_EQ(c.send("GET", path("alerts", id, "advice"), "", h).status, 404);
    EXPECT_EQ(c.send("POST", path("alerts", id, "ack"), "{}", h).status, 404);
    EXPECT_EQ(c.send("POST", path("alerts", id, "close"), R"({"reason":"x"})", h).status, 404);
    EXPECT_EQ(c.send("POST", path("actions", id, "approve"), "{}", h).status, 404);
  }
  EXPECT_EQ(c.send("GET", "/api/v1/devices/03481/muc-nuoc-09", "", h).status, 404);
  EXPECT_EQ(c.send("GET", "/api/v1/readings?unit=03481&device=muc-nuoc-09&metric=level", "", h).status, 404);
  EXPECT_EQ(c.send("GET", "/api/v1/summary?unit=03481", "", h).status, 404);
  EXPECT_EQ(c.send("GET", "/api/v1/rules?unit=03481", "", h).status, 404);
  EXPECT_EQ(c.send("GET", "/api/v1/rejected?unit=03481", "", h).status, 404);
  EXPECT_EQ(c.send("GET", "/api/v1/geo/03481", "", h).status, 404);
  EXPECT_TRUE(backend_.operations.empty());
  auto const units = json_of(c.send("GET", "/api/v1/units", "", h).body);
  ASSERT_EQ(units.at("items").as_array().size(), 1u);
  EXPECT_EQ(units.at("items").at(0).at("zones").at(0).at("name").as_string(), "Bản Nưa");

  auto const bulk = c.send("POST", "/api/v1/alerts/ack", std::string(R"({"ids":[")") + alert_a + "\",\"" + alert_other + "\"]}", h);
  EXPECT_EQ(bulk.status, 200);
  auto const items = json_of(bulk.body).at("items");
  EXPECT_EQ(items.at(0).at("status").as_int64(), 200);
  EXPECT_TRUE(items.at(0).as_object().contains("alert"));
  EXPECT_EQ(items.at(1).at("status").as_int64(), 404);
  ASSERT_EQ(backend_.operations.size(), 1u);
  EXPECT_EQ(backend_.operations[0].id, alert_a);
}

TEST_F(calls_test, what_was_refused_without_a_known_unit_is_the_root_admins) {
  backend_.add("goc", "admin", "14");
  start();
  http_client c(port());
  auto const asked = [&](char const* user, std::string const& query = "") {
    EXPECT_EQ(c.send("GET", "/api/v1/rejected" + query, "", bearer(user)).status, 200) << user << query;
    return backend_.rejected_of;
  };
  EXPECT_FALSE(asked("goc").has_value()) << "all, also what names no unit";
  EXPECT_FALSE(asked("goc", "?unit=14").has_value());
  EXPECT_EQ(asked("goc", "?unit=03478"), (std::vector<std::string>{"03478"}));
  EXPECT_EQ(asked("quantri"), (std::vector<std::string>{"03478"})) << "the admin of a commune";
  ASSERT_TRUE(asked("tinh").has_value()) << "not the root's officer";
  EXPECT_EQ(c.send("GET", "/api/v1/rejected?unit=99999", "", bearer("goc")).status, 404);
}

TEST_F(calls_test, roles_decide_who_writes) {
  start();
  struct row { char const* user; int alerts; int actions; };
  for (auto const& [user, alerts, actions] : std::vector<row>{{"truc", 200, 200}, {"lanhdao", 200, 200}, {"quantri", 403, 403}, {"kiemtoan", 403, 403}, {"manhinh", 403, 403}, {"tinh", 403, 403}}) {
    auto const h = bearer(user);
    http_client c(port());
    EXPECT_EQ(c.send("POST", path("alerts", alert_a, "ack"), "{}", h).status, alerts) << user;
    EXPECT_EQ(c.send("POST", path("actions", action_a, "approve"), "{}", h).status, actions) << user;
    EXPECT_EQ(c.send("POST", path("recommendations", alert_b, "approve"), "{}", h).status, actions) << user;
    EXPECT_EQ(c.send("POST", "/api/v1/actions", R"({"command":"siren.on","targets":["coi-01"]})", h).status, actions) << user;
    EXPECT_EQ(c.send("GET", "/api/v1/ledger", "", h).status, 200) << user;
  }
}

TEST_F(calls_test, an_operation_carries_who_and_why_and_its_answer_comes_back) {
  start();
  auto const h = bearer("truc");
  http_client c(port());
  EXPECT_EQ(c.send("POST", path("alerts", alert_a, "close"), R"({"reason":"báo giả"})", h).status, 200);
  auto const& op = backend_.operations.at(0);
  EXPECT_EQ(op.kind, op_kind::close);
  EXPECT_EQ(op.user, "truc");
  EXPECT_EQ(op.role, "duty_officer");
  EXPECT_EQ(op.unit, "03478");
  EXPECT_EQ(op.units, (std::vector<std::string>{"03478"}));
  EXPECT_EQ(op.text, "báo giả");

  backend_.outcome = {202, R"({"id":"x","unsaved":true})"};
  EXPECT_EQ(c.send("POST", path("alerts", alert_a, "ack"), "", h).status, 202);
  backend_.outcome = {409, R"({"state":"closed","title":"Cảnh báo đã đóng"})"};
  auto const conflict = c.send("POST", path("alerts", alert_a, "ack"), "{}", h);
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.header("content-type"), "application/problem+json");
  EXPECT_EQ(json_of(conflict.body).at("state").as_string(), "closed");
  EXPECT_EQ(json_of(conflict.body).at("title").as_string(), "Cảnh báo đã đóng");
}

TEST_F(calls_test, a_body_is_checked_field_by_field) {
  start();
  auto const h = bearer("truc");
  http_client c(port());
  struct row { std::string path; std::string body; std::string names; };
  for (auto const& [where, body, names] : std::vector<row>{
           {path("alerts", alert_a, "close"), "{}", "'reason' is missing"},
           {path("alerts", alert_a, "close"), R"({"reason":7})", "'reason' must be a text"},
           {path("alerts", alert_a, "close"), R"({"reason":"  "})", "'reason' is empty"},
           {path("alerts", alert_a, "close"), R"({"reason":"a\u0000b"})", "'reason' holds a NUL"},
           {path("alerts", alert_a, "close"), R"({"reason":)", "not JSON"},
           {path("alerts", alert_a, "close"), "[]", "must be a JSON object"},
           {path("alerts", alert_a, "comment"), R"({"txt":"x"})", "'txt' is unknown"},
           {"/api/v1/alerts/ack", R"({"ids":"x"})", "'ids' must be a list"},
           {"/api/v1/alerts/ack", R"({"ids":[1]})", "'ids' must hold texts"},
           {"/api/v1/actions", R"({"command":"a","targets":["b"],"drill":"yes"})", "'drill' must be true or false"},
           {"/api/v1/actions", R"({"command":"a","targets":["b"],"dril":true})", "'dril' is unknown"},
           {"/api/v1/actions", R"({"command":"a","targets":["b"],"args":[]})", "'args' must be an object"}}) {
    auto const r = c.send("POST", where, body, h);
    EXPECT_EQ(r.status, 400) << body;
    EXPECT_NE(r.body.find(names), std::string::npos) << body << " → " << r.body;
  }
  EXPECT_TRUE(backend_.operations.empty());
  auto const typed = c.send("POST", path("alerts", alert_a, "ack"), "{}", with(h, "Content-Type", "text/plain"));
  EXPECT_EQ(typed.status, 415);
  EXPECT_EQ(c.send("POST", path("alerts", alert_a, "ack"), "{}", with(h, "Content-Type", "application/json; charset=utf-8")).status, 200);
}

TEST_F(calls_test, the_same_write_again_gets_the_same_answer) {
  start();
  auto const h = with(bearer("truc"), "Idempotency-Key", "k1");
  http_client c(port());
  auto const where = path("alerts", alert_a, "ack");
  auto const first = c.send("POST", where, "{}", h);
  EXPECT_EQ(first.status, 200);
  backend_.outcome = {409, R"({"state":"active_acked"})"};
  auto const again = c.send("POST", where, "{}", h);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(backend_.operations.size(), 1u);
  EXPECT_EQ(c.send("POST", path("alerts", alert_b, "ack"), "{}", h).status, 422);
  // Another user's key is another key; a new one is a new write.
  EXPECT_EQ(c.send("POST", where, "{}", with(bearer("lanhdao"), "Idempotency-Key", "k1")).status, 409);
  EXPECT_EQ(c.send("POST", where, "{}", with(h, "Idempotency-Key", "k2")).status, 409);
  EXPECT_EQ(backend_.operations.size(), 3u);
  // A refusal is an answer and repeats; an outage is none.
  backend_.outcome = {200, "{}"};
  EXPECT_EQ(c.send("POST", where, "{}", with(h, "Idempotency-Key", "k2")).status, 409);
  backend_.away = true;
  EXPECT_EQ(c.send("POST", where, "{}", with(h, "Idempotency-Key", "k3")).status, 503);
  backend_.away = false;
  EXPECT_EQ(c.send("POST", where, "{}", with(h, "Idempotency-Key", "k3")).status, 200);
}

TEST_F(calls_test, the_same_write_at_once_is_done_once) {
  backend_.operate_takes = std::chrono::milliseconds{200};
  start();
  auto const h = with(bearer("truc"), "Idempotency-Key", "k");
  std::atomic<int> done{0}, busy{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 3; ++i)
    all.emplace_back([&] {
      http_client c(port());
      auto const s = c.send("POST", path("alerts", alert_a, "ack"), "{}", h).status;
      done += s == 200;
      busy += s == 409;
    });
  for (auto& t : all) t.join();
  EXPECT_EQ(backend_.operations.size(), 1u);
  EXPECT_EQ(done + busy, 3);
  EXPECT_GE(done, 1);
}

TEST_F(calls_test, readings_as_json_and_as_csv) {
  backend_.series.unit_of_measure = "m";
  backend_.series.points = {{core::from_ms(1'000), 1.5, core::quality::good}, {core::from_ms(2'000), core::value{}, core::quality::bad},
                            {core::from_ms(3'000), std::string("=1+1\"x"), core::quality::good}};
  start();
  auto const h = bearer("truc");
  http_client c(port());
  std::string const where = "/api/v1/readings?unit=03478&device=muc-nuoc-01&metric=level";
  EXPECT_EQ(c.send("GET", where, "", h).body, R"({"unit_of_measure":"m","step":null,"points":[[1000,1.5],[2000,null,"bad"],[3000,"=1+1\"x"]]})");
  EXPECT_EQ(backend_.asked.unit, "03478");
  for (std::string const missing : {"unit", "device", "metric"}) {
    std::string arguments;
    for (std::string const a : {"unit=03478", "device=muc-nuoc-01", "metric=level"})
      if (!a.starts_with(missing)) arguments += (arguments.empty() ? "?" : "&") + a;
    auto const answer = c.send("GET", "/api/v1/readings" + arguments, "", h);
    EXPECT_EQ(answer.status, 400) << arguments;
    EXPECT_NE(answer.body.find("'" + missing + "' is missing"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(backend_.asked.to - backend_.asked.from, std::chrono::hours{1});
  auto const table = c.send("GET", where, "", with(h, "Accept", "text/csv"));
  EXPECT_EQ(table.header("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(table.body, "time,value,quality,unit\r\n1970-01-01T00:00:01.000Z,1.5,good,\"m\"\r\n1970-01-01T00:00:02.000Z,,bad,\"m\"\r\n1970-01-01T00:00:03.000Z,\"'=1+1\"\"x\",good,\"m\"\r\n");

  EXPECT_EQ(c.send("GET", where + "&from=2027-07-24T00:00:00%2B07:00&to=2027-07-24T01:00:00+07:00", "", h).status, 200);
  EXPECT_EQ(core::to_iso(backend_.asked.from), "2027-07-23T17:00:00.000Z");
  EXPECT_EQ(core::to_iso(backend_.asked.to), "2027-07-23T18:00:00.000Z");
  EXPECT_EQ(c.send("GET", where + "&from=yesterday", "", h).status, 400);
  EXPECT_EQ(c.send("GET", where + "&from=2027-07-24T01:00:00Z&to=2027-07-24T00:00:00Z", "", h).status, 400);
  EXPECT_EQ(c.send("GET", where + "&step=0", "", h).status, 400);
  auto const fine = c.send("GET", where + "&step=1&from=2027-01-01T00:00:00Z&to=2027-02-01T00:00:00Z", "", h);
  EXPECT_EQ(fine.status, 422);
  EXPECT_NE(fine.body.find("step"), std::string::npos);

  backend_.series.points.clear();
  backend_.series.buckets = {{core::from_ms(0), 1.0, 1.5, 2.0, 4}};
  backend_.series.step = std::chrono::seconds{60};
  EXPECT_EQ(c.send("GET", where + "&step=60", "", h).body, R"({"unit_of_measure":"m","step":60,"points":[[0,1,1.5,2,4]]})");
  backend_.series.buckets.clear();
  backend_.series.points.assign(50'001, {core::from_ms(0), 1.0, core::quality::good});
  EXPECT_EQ(c.send("GET", where, "", h).status, 422);
}

TEST_F(calls_test, a_chart_says_how_many_points_it_can_draw) {
  backend_.series.step = std::chrono::minutes{5};
  start();
  auto const h = bearer("truc");
  http_client c(port());
  std::string const where = "/api/v1/readings?unit=03478&device=muc-nuoc-01&metric=level";
  EXPECT_NE(c.send("GET", where + "&points=600", "", h).body.find(R"("step":300)"), std::string::npos);
  EXPECT_EQ(backend_.asked.points, 600u);
  EXPECT_EQ(c.send("GET", where + "&points=1", "", h).status, 400);
  EXPECT_EQ(c.send("GET", where + "&points=600&step=60", "", h).status, 400);
  EXPECT_EQ(c.send("GET", where + "&points=600", "", with(h, "Accept", "text/csv")).status, 400);
  backend_.play = [](readings_query const&) -> readings_answer { throw not_kept("single readings are kept for 92 days"); };
  auto const gone = c.send("GET", where + "&as_of=2020-01-01T00:00:00Z", "", h);
  EXPECT_EQ(gone.status, 422);
  EXPECT_NE(gone.body.find("92 days"), std::string::npos);
  EXPECT_EQ(c.send("GET", where + "&as_of=2020-01-01T00:00:00Z", "", with(h, "Accept", "text/csv")).status, 422);
}

TEST_F(calls_test, a_csv_of_any_length_comes_page_by_page) {
  constexpr std::int64_t all = 35'000;
  backend_.play = [](readings_query const& q) {
    readings_answer a;
    for (auto s = std::max<std::int64_t>(0, (core::to_us(q.from) + 999'999) / 1'000'000); s < all && core::from_ms(s * 1000) < q.to && a.points.size() <= q.limit; ++s)
      a.points.push_back({core::from_ms(s * 1000), static_cast<double>(s), core::quality::good});
    return a;
  };
  start();
  auto const h = with(bearer("truc"), "Accept", "text/csv");
  http_client c(port());
  std::string const where = "/api/v1/readings?unit=03478&device=muc-nuoc-01&metric=level&from=1970-01-01T00:00:00Z&to=1990-01-01T00:00:00Z";
  auto const r = c.send("GET", where, "", h);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(std::count(r.body.begin(), r.body.end(), '\n'), all + 1);
  EXPECT_TRUE(r.body.ends_with("1970-01-01T09:43:19.000Z,34999,good,\"\"\r\n")) << r.body.substr(r.body.size() - 60);
  EXPECT_EQ(backend_.questions, 4);
  EXPECT_EQ(c.send("GET", where, "", h).status, 200);  // the connection goes on

  // A database that goes away in the middle: the client must not take half for the whole.
  backend_.play = [](readings_query const& q) {
    if (core::to_us(q.from) > 0) throw unavailable("gone");
    readings_answer a;
    for (std::int64_t s = 0; s <= 10'000; ++s) a.points.push_back({core::from_ms(s * 1000), 1.0, core::quality::good});
    return a;
  };
  EXPECT_ANY_THROW(c.send("GET", where, "", h));
}

TEST_F(calls_test, devices_are_found_by_type_state_and_words) {
  start();
  auto const h = bearer("truc");
  http_client c(port());
  auto const count = [&](std::string const& query) { return json_of(c.send("GET", "/api/v1/devices" + query, "", h).body).at("items").as_array().size(); };
  EXPECT_EQ(count(""), 1u);
  EXPECT_EQ(count("?type=level_gauge&state=online"), 1u);
  EXPECT_EQ(count("?state=offline"), 0u);
  EXPECT_EQ(count("?q=N%E1%BA%ADm"), 1u);
  EXPECT_EQ(count("?q=MUC-NUOC"), 1u);
  EXPECT_EQ(count("?q=loa"), 0u);
  EXPECT_EQ(c.send("GET", "/api/v1/devices/03478/muc-nuoc-01", "", h).status, 200);
  EXPECT_EQ(c.send("GET", "/api/v1/devices/03478/none", "", h).status, 404);
}

TEST_F(calls_test, unknown_paths_and_methods) {
  start();
  auto const h = bearer("truc");
  http_client c(port());
  auto const nowhere = c.send("GET", "/api/v1/nothing", "", h);
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_EQ(nowhere.header("content-type"), "application/problem+json");
  EXPECT_EQ(json_of(nowhere.body).at("instance").as_string(), nowhere.header("x-request-id"));
  auto const wrong = c.send("PUT", path("alerts", alert_a), "{}", h);
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "GET, HEAD");
  EXPECT_EQ(c.send("GET", path("alerts", alert_a, "ack"), "", h).header("allow"), "POST");
  EXPECT_EQ(c.send("GET", "/api/v1/session", "", h).header("allow"), "POST, DELETE");
  EXPECT_EQ(c.send("POST", "/api/v1/stream", "{}", h).header("allow"), "GET");
  EXPECT_EQ(c.send("GET", "/api/v1/stream", "", h).status, 426);
  auto const head = c.send("HEAD", path("alerts", alert_a), "", h);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_GT(std::stoi(head.header("content-length")), 10);
  EXPECT_EQ(c.send("GET", path("alerts", alert_a), "", h).status, 200);  // the connection is still in step
}

}  // namespace
}  // namespace ioc::web::test
