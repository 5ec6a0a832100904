#pragma once
#include "adapters/web/server.hpp"
#include "adapters/web/tests/client.hpp"
#include "adapters/web/tests/fake_backend.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ioc::web::test {

inline constexpr auto alert_a = "00000000-0000-5000-8000-00000000000a";
inline constexpr auto alert_b = "00000000-0000-5000-8000-00000000000b";
inline constexpr auto alert_other = "00000000-0000-5000-8000-0000000000ff";
inline constexpr auto action_a = "00000000-0000-5000-8000-0000000000aa";

inline boost::json::value json_of(std::string const& text) { return boost::json::parse(text); }

// A server on a free loopback port before a recording backend and a hub with a few objects of two communes.
class web_test : public ::testing::Test {
 protected:
  recording_backend backend_;
  hub hub_;
  options options_;
  std::unique_ptr<server> server_;
  std::filesystem::path dir_;

  void SetUp() override {
    auto name = (std::filesystem::temp_directory_path() / "ioc-web-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
    options_.port = 0;
    put_alert(alert_a, "03478", "danger", 2000);
    put_alert(alert_b, "03478", "warning", 1000);
    put_alert(alert_other, "03481", "danger", 3000);
    item_meta d;
    d.state = "online";
    d.device = "muc-nuoc-01";
    d.type = "level_gauge";
    d.text = "Mực nước Nậm Mường";
    hub_.put(channel::devices, "03478/muc-nuoc-01", "03478", R"({"unit":"03478","device":"muc-nuoc-01"})", d);
    hub_.put(channel::devices, "03481/muc-nuoc-09", "03481", R"({"unit":"03481","device":"muc-nuoc-09"})", d);
    hub_.put(channel::summary, "03478", "03478", R"({"unit":"03478"})");
    item_meta a;
    a.state = "proposed";
    a.alert = alert_a;
    hub_.put(channel::actions, action_a, "03478", R"({"id":"act","state":"proposed"})", a);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(dir_);
  }

  void put_alert(std::string const& id, std::string const& unit, std::string const& severity, std::int64_t ms, std::string const& extra = "") {
    item_meta m;
    m.state = "active_unacked";
    m.unacked = true;
    m.severity = severity;
    m.at = core::from_ms(ms);
    hub_.put(channel::alerts, id, unit, R"({"id":")" + id + R"(","severity":")" + severity + "\"" + extra + "}", m);
  }
  void start() {
    server_ = std::make_unique<server>(options_, backend_, hub_);
    server_->start();
  }
  std::uint16_t port() const { return server_->port(); }
  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port()); }
  void write_file(std::string const& name, std::string const& text) {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }

  reply try_login(std::string const& user, std::string const& password = "dung-mat-khau-1", headers const& h = {}) {
    http_client c(port(), !options_.certificate.empty());
    return c.send("POST", "/api/v1/session", R"({"user":")" + user + R"(","password":")" + password + "\"}", h);
  }
  // The header of a program's session.
  headers bearer(std::string const& user) {
    auto const r = try_login(user);
    EXPECT_EQ(r.status, 200) << r.body;
    return {{"Authorization", "Bearer " + std::string(json_of(r.body).at("token").as_string())}};
  }
  // The header of a browser's session.
  headers cookie(std::string const& user) {
    auto const r = try_login(user, "dung-mat-khau-1", {{"Origin", origin()}});
    EXPECT_EQ(r.status, 200) << r.body;
    auto const set = r.header("set-cookie");
    return {{"Cookie", set.substr(0, set.find(';'))}};
  }
};

inline headers with(headers h, std::string const& name, std::string const& value) {
  h[name] = value;
  return h;
}

}  // namespace ioc::web::test
