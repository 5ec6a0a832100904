#include "adapters/web/tests/fixture.hpp"

#include <thread>

namespace ioc::web::test {
namespace {
using session_test = web_test;

TEST_F(session_test, a_program_gets_a_token_and_a_browser_a_cookie) {
  start();
  auto const program = try_login("truc");
  EXPECT_EQ(program.status, 200);
  EXPECT_EQ(program.header("set-cookie"), "");
  auto const body = json_of(program.body);
  EXPECT_EQ(body.at("token").as_string().size(), 43u);
  EXPECT_EQ(body.at("me").at("role").as_string(), "duty_officer");

  auto const browser = try_login("truc", "dung-mat-khau-1", {{"Origin", origin()}});
  EXPECT_EQ(browser.status, 200);
  EXPECT_FALSE(json_of(browser.body).as_object().contains("token"));
  auto const set = browser.header("set-cookie");
  EXPECT_NE(set.find("ioc_session="), std::string::npos);
  EXPECT_NE(set.find("; HttpOnly; SameSite=Strict; Path=/"), std::string::npos);
  EXPECT_EQ(set.find("Secure"), std::string::npos);

  // Only the hash of a token is stored.
  auto const token = std::string(body.at("token").as_string());
  EXPECT_FALSE(backend_.sessions.contains(token));
  EXPECT_TRUE(backend_.sessions.contains(token_hash(token)));
}

TEST_F(session_test, every_call_but_health_wants_a_session) {
  start();
  http_client c(port());
  struct row { char const* method; char const* path; };
  for (auto const& [method, path] : std::vector<row>{
           {"GET", "/api/v1/me"}, {"DELETE", "/api/v1/session"}, {"POST", "/api/v1/me/password"}, {"GET", "/api/v1/units"},
           {"GET", "/api/v1/summary"}, {"GET", "/api/v1/devices"}, {"GET", "/api/v1/devices/03478/muc-nuoc-01"}, {"GET", "/api/v1/readings"},
           {"GET", "/api/v1/alerts"}, {"POST", "/api/v1/alerts/ack"}, {"POST", "/api/v1/alerts/x/ack"}, {"POST", "/api/v1/alerts/x/close"},
           {"POST", "/api/v1/alerts/x/comment"}, {"GET", "/api/v1/alerts/x/advice"}, {"GET", "/api/v1/actions"}, {"POST", "/api/v1/actions"},
           {"POST", "/api/v1/actions/x/approve"}, {"POST", "/api/v1/recommendations/x/approve"}, {"GET", "/api/v1/tasks"},
           {"GET", "/api/v1/rules"}, {"GET", "/api/v1/rejected"}, {"GET", "/api/v1/ledger"}, {"GET", "/api/v1/geo/03478"}, {"GET", "/geo/x.json"},
           {"GET", "/api/v1/stream"}}) {
    auto const r = c.send(method, path);
    EXPECT_EQ(r.status, 401) << method << " " << path;
    EXPECT_EQ(r.header("content-type"), "application/problem+json") << path;
    EXPECT_EQ(json_of(r.body).at("title").as_string(), "Cần đăng nhập");
  }
  EXPECT_EQ(c.send("GET", "/healthz").status, 200);
  EXPECT_EQ(c.send("GET", "/readyz").status, 200);
  EXPECT_EQ(c.send("GET", "/metrics").status, 200);
  EXPECT_EQ(c.send("GET", "/metrics", "", {{"X-Forwarded-For", "10.0.0.9"}}).status, 401);
  EXPECT_TRUE(backend_.operations.empty());
}

TEST_F(session_test, five_failures_lock_known_and_unknown_names_alike) {
  start();
  for (std::string const name : {"truc", "khong-co"}) {
    std::string first;
    for (int i = 0; i < 5; ++i) {
      auto r = try_login(name, "sai-mat-khau");
      EXPECT_EQ(r.status, 401) << name << i;
      auto body = json_of(r.body).as_object();
      body.erase("instance");
      auto const text = boost::json::serialize(body);
      if (first.empty()) first = text;
      EXPECT_EQ(text, first);
    }
    auto const locked = try_login(name, name == "truc" ? "dung-mat-khau-1" : "x");
    EXPECT_EQ(locked.status, 429) << name;
    auto const wait = std::stoi(locked.header("retry-after"));
    EXPECT_GT(wait, 880);
    EXPECT_LE(wait, 900);
  }
  EXPECT_EQ(try_login("lanhdao").status, 200);
}

TEST_F(session_test, an_unknown_name_costs_as_much_as_a_wrong_password) {
  auto const real = hash_password("dung-mat-khau-1");
  for (auto const* name : {"truc", "nghi"}) backend_.accounts[name].password_hash = real;
  start();
  auto const time = [&](std::string const& user) {
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 3; ++i) {
      auto const from = std::chrono::steady_clock::now();
      try_login(user, "sai");
      best = std::min(best, std::chrono::steady_clock::now() - from);
    }
    return std::chrono::duration<double>(best).count();
  };
  double const known = time("truc"), unknown = time("khong-co"), disabled = time("nghi");
  EXPECT_GT(unknown, known * 0.5);
  EXPECT_LT(unknown, known * 2);
  EXPECT_GT(disabled, known * 0.5);
}

TEST_F(session_test, a_burst_of_guesses_is_not_checked_beyond_five) {
  start();
  std::vector<std::thread> all;
  std::atomic<int> looked{0}, locked{0};
  for (int i = 0; i < 12; ++i)
    all.emplace_back([&] {
      auto const s = try_login("truc", "sai").status;
      looked += s == 401;
      locked += s == 429;
    });
  for (auto& t : all) t.join();
  EXPECT_EQ(looked, 5);
  EXPECT_EQ(locked, 7);
}

TEST_F(session_test, a_lock_ends_and_a_success_forgets_failures) {
  std::atomic<std::int64_t> now_ms{1'000'000};
  options_.clock = [&] { return core::from_ms(now_ms); };
  start();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(try_login("truc", "sai").status, 401);
  EXPECT_EQ(try_login("truc").status, 200);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(try_login("truc", "sai").status, 401);
  EXPECT_EQ(try_login("truc").status, 429);
  now_ms += 15 * 60 * 1000;
  EXPECT_EQ(try_login("truc").status, 200);
}

TEST_F(session_test, a_disabled_account_looks_like_a_wrong_password) {
  start();
  auto const r = try_login("nghi");
  EXPECT_EQ(r.status, 401);
  EXPECT_EQ(json_of(r.body).at("code").as_string(), "wrong_password");
}

TEST_F(session_test, logging_out_ends_it_for_good) {
  start();
  auto const h = bearer("truc");
  http_client c(port());
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 200);
  EXPECT_EQ(c.send("DELETE", "/api/v1/session", "", h).status, 204);
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 401);
  EXPECT_TRUE(backend_.sessions.empty());
}

TEST_F(session_test, a_session_outlives_an_outage_and_a_log_out_in_one_holds) {
  std::atomic<std::int64_t> now_ms{1'000'000};
  options_.clock = [&] { return core::from_ms(now_ms); };
  start();
  auto const h = bearer("truc");
  backend_.away = true;
  now_ms += 60'000;
  http_client c(port());
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 200);
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?state=open", "", h).status, 200);
  auto const history = c.send("GET", "/api/v1/alerts", "", h);
  EXPECT_EQ(history.status, 503);
  EXPECT_EQ(history.header("retry-after"), "5");
  EXPECT_EQ(try_login("lanhdao").status, 503);
  EXPECT_EQ(c.send("GET", "/readyz").status, 503);
  EXPECT_EQ(c.send("GET", "/healthz").status, 200);
  EXPECT_EQ(c.send("DELETE", "/api/v1/session", "", h).status, 204);
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 401);
  backend_.away = false;
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 401);
  EXPECT_EQ(try_login("lanhdao").status, 200);
  c.send("GET", "/api/v1/me", "", bearer("quantri"));
  EXPECT_EQ(backend_.sessions.size(), 2u);  // the row of the log-out is gone too
}

TEST_F(session_test, a_session_found_only_in_the_database_is_good_and_an_old_one_is_not) {
  std::atomic<std::int64_t> now_ms{1'000'000};
  options_.clock = [&] { return core::from_ms(now_ms); };
  start();
  auto const token = new_token();
  backend_.sessions[token_hash(token)] = {"truc", core::from_ms(now_ms + 1000)};
  headers const h{{"Authorization", "Bearer " + token}};
  http_client c(port());
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 200);
  now_ms += 1000;
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 401);
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", {{"Authorization", "Bearer " + new_token()}}).status, 401);
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", {{"Authorization", "Basic abc"}}).status, 401);
}

TEST_F(session_test, an_account_that_is_disabled_loses_its_session) {
  std::atomic<std::int64_t> now_ms{1'000'000};
  options_.clock = [&] { return core::from_ms(now_ms); };
  start();
  auto const h = bearer("truc");
  {
    std::lock_guard const lock(backend_.mutex);
    backend_.accounts["truc"].disabled = true;
  }
  now_ms += 16'000;
  http_client c(port());
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 401);
}

TEST_F(session_test, the_first_log_in_changes_the_password) {
  start();
  auto const h = bearer("moi");
  auto const elsewhere = bearer("moi");
  http_client c(port());
  auto const refused = c.send("GET", "/api/v1/alerts?state=open", "", h);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(json_of(refused.body).at("code").as_string(), "must_change_password");
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 200);
  EXPECT_EQ(c.send("POST", "/api/v1/me/password", R"({"old":"dung-mat-khau-1","new":"ngan"})", h).status, 400);
  EXPECT_EQ(c.send("POST", "/api/v1/me/password", R"({"old":"sai","new":"mat khau rat dai"})", h).status, 400);
  EXPECT_EQ(c.send("POST", "/api/v1/me/password", R"({"old":"dung-mat-khau-1","new":"mật khẩu mới"})", h).status, 204);
  EXPECT_EQ(c.send("GET", "/api/v1/alerts?state=open", "", h).status, 200);
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", elsewhere).status, 401);
  EXPECT_EQ(try_login("moi").status, 401);
  EXPECT_EQ(try_login("moi", "mật khẩu mới").status, 200);
}

TEST_F(session_test, a_cookie_from_another_origin_writes_nothing) {
  start();
  auto const h = cookie("truc");
  http_client c(port());
  auto const ack = std::string("/api/v1/alerts/") + alert_a + "/ack";
  EXPECT_EQ(c.send("POST", ack, "{}", with(h, "Origin", "http://evil.example")).status, 403);
  EXPECT_EQ(c.send("POST", ack, "{}", with(h, "Origin", "null")).status, 403);
  EXPECT_EQ(c.send("POST", ack, "{}", with(h, "Origin", "https://127.0.0.1:" + std::to_string(port()))).status, 403);
  EXPECT_EQ(c.send("POST", ack, "{}", with(h, "Sec-Fetch-Site", "cross-site")).status, 403);
  EXPECT_EQ(c.send("DELETE", "/api/v1/session", "", with(h, "Origin", "http://evil.example")).status, 403);
  EXPECT_EQ(try_login("truc", "dung-mat-khau-1", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_TRUE(backend_.operations.empty());
  EXPECT_EQ(c.send("POST", ack, "{}", with(h, "Origin", origin())).status, 200);
  EXPECT_EQ(backend_.operations.size(), 1u);
  EXPECT_THROW(ws_client(port(), with(h, "Origin", "http://evil.example")), std::runtime_error);
  EXPECT_NO_THROW(ws_client(port(), with(h, "Origin", origin())));
  // A token is no cookie: nothing sends it by itself.
  EXPECT_EQ(c.send("POST", ack, "{}", with(bearer("truc"), "Origin", "http://evil.example")).status, 200);
}

}  // namespace
}  // namespace ioc::web::test
