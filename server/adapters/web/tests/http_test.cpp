#include "adapters/web/tests/fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <thread>

namespace ioc::web::test {
namespace {
using http_test = web_test;

bool starts(std::string const& text, std::string const& with_text) { return text.rfind(with_text, 0) == 0; }

TEST_F(http_test, every_answer_carries_the_security_headers) {
  start();
  http_client c(port());
  for (auto const& r : {c.send("GET", "/healthz"), c.send("GET", "/api/v1/me"), c.send("GET", "/nothing")}) {
    EXPECT_EQ(r.header("content-security-policy"),
              "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'");
    EXPECT_EQ(r.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(r.header("referrer-policy"), "no-referrer");
    EXPECT_EQ(r.header("cache-control"), "no-store");
    EXPECT_EQ(r.header("strict-transport-security"), "");
  }
}

TEST_F(http_test, limits_of_head_and_body) {
  start();
  auto const h = bearer("truc");
  http_client c(port());
  std::string const where = std::string("/api/v1/alerts/") + alert_a + "/comment";
  EXPECT_EQ(c.send("POST", where, std::string((1 << 20) + 1, 'x'), h).status, 413);
  EXPECT_EQ(c.send("POST", where, R"({"text":")" + std::string(3000, 'x') + "\"}", h).status, 400);
  EXPECT_EQ(c.send("GET", "/healthz", "", {{"X-Long", std::string(17 * 1024, 'x')}}).status, 431);
  // A body that does not say how long it is meets the same limit.
  std::string chunked = "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunked += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  EXPECT_TRUE(starts(raw(port(), chunked), "HTTP/1.1 413 "));
}

TEST_F(http_test, malformed_requests_are_refused_in_words) {
  start();
  for (std::string const& bytes : std::vector<std::string>{
           "GET /\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
           "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n",
           "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"}) {
    auto const answer = raw(port(), bytes);
    EXPECT_TRUE(starts(answer, "HTTP/1.1 400 ")) << bytes << " → " << answer;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
    EXPECT_EQ(answer.find("…"), std::string::npos) << "must close: " << bytes;
  }
  http_client c(port());
  EXPECT_EQ(c.send("GET", "/healthz").status, 200);
}

TEST_F(http_test, requests_in_one_packet_are_answered_in_order) {
  start();
  auto const answer = raw(port(), "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  auto const first = answer.find("200 OK"), second = answer.find("404 Not Found"), third = answer.rfind("200 OK");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(http_test, a_slow_client_is_let_go_and_the_rest_are_capped) {
  options_.header_timeout = std::chrono::milliseconds{300};
  options_.body_timeout = std::chrono::milliseconds{300};
  options_.max_connections = 3;
  start();
  auto const from = std::chrono::steady_clock::now();
  EXPECT_EQ(raw(port(), "GET /healthz HTTP/1.1\r\nHo").find("…"), std::string::npos);
  EXPECT_EQ(raw(port(), "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{").find("…"), std::string::npos);
  EXPECT_EQ(raw(port(), "").find("…"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds{4});
}

TEST_F(http_test, beyond_the_cap_a_connection_is_closed) {
  options_.max_connections = 2;
  start();
  http_client a(port()), b(port());
  EXPECT_EQ(a.send("GET", "/healthz").status, 200);
  EXPECT_EQ(b.send("GET", "/healthz").status, 200);
  EXPECT_EQ(raw(port(), "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  EXPECT_NE(server_->metrics().find("ioc_web_connections_refused_total 1\n"), std::string::npos);
}

TEST_F(http_test, pages_types_and_caching) {
  options_.dashboard_dir = (dir_ / "www").string();
  write_file("www/index.html", "<!doctype html>");
  write_file("www/assets/app-1a2b.js", "export {}");
  write_file("www/assets/app-1a2b.js.gz", "zipped");
  write_file("www/assets/font.woff2", "w");
  write_file("www/icon.svg", "<svg/>");
  start();
  http_client c(port());
  auto const home = c.send("GET", "/");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(home.body, "<!doctype html>");
  EXPECT_EQ(home.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(home.header("cache-control"), "no-cache");
  EXPECT_EQ(c.send("GET", "/", "", {{"If-None-Match", home.header("etag")}}).status, 304);
  auto const script = c.send("GET", "/assets/app-1a2b.js");
  EXPECT_EQ(script.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(script.header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(script.body, "export {}");
  auto const zipped = c.send("GET", "/assets/app-1a2b.js", "", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(zipped.body, "zipped");
  EXPECT_EQ(zipped.header("content-encoding"), "gzip");
  EXPECT_EQ(zipped.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(c.send("GET", "/assets/app-1a2b.js", "", {{"Accept-Encoding", "gzip;q=0"}}).body, "export {}");
  EXPECT_EQ(c.send("GET", "/assets/font.woff2").header("content-type"), "font/woff2");
  EXPECT_EQ(c.send("GET", "/icon.svg").header("content-type"), "image/svg+xml");
  EXPECT_EQ(c.send("HEAD", "/icon.svg").header("content-length"), "6");
  EXPECT_EQ(c.send("POST", "/icon.svg").status, 405);
  EXPECT_EQ(c.send("GET", "/assets").status, 404);
  EXPECT_EQ(c.send("GET", "/assets/").status, 404);
}

TEST_F(http_test, nothing_outside_the_directory_is_served) {
  options_.dashboard_dir = (dir_ / "www").string();
  write_file("secret.txt", "SECRET");
  write_file("www/index.html", "x");
  write_file("www/.env", "SECRET");
  write_file("www/sub/a.txt", "a");
  ASSERT_EQ(::symlink("../secret.txt", (dir_ / "www/link.txt").c_str()), 0);
  ASSERT_EQ(::symlink("..", (dir_ / "www/up").c_str()), 0);
  ASSERT_EQ(::mkfifo((dir_ / "www/pipe").c_str(), 0600), 0);
  start();
  for (std::string const p : {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt", "/sub/%2e%2e/%2e%2e/secret.txt", "/..\\secret.txt",
                              "/%5c..%5csecret.txt", "//../secret.txt", "/./secret.txt", "/link.txt", "/up/secret.txt", "/.env", "/sub/%2eenv", "/pipe",
                              "/geo/../secret.txt", "/assets/%00"}) {
    auto const answer = raw(port(), "GET " + p + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(starts(answer, "HTTP/1.1 404 ") || starts(answer, "HTTP/1.1 400 ")) << p << " → " << answer.substr(0, 40);
    EXPECT_EQ(answer.find("SECRET"), std::string::npos) << p;
  }
  EXPECT_TRUE(starts(raw(port(), "GET /sub/a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200 "));
}

TEST_F(http_test, the_map_of_a_unit) {
  options_.geo_dir = dir_.string();
  write_file("03478.geojson", R"({"type":"FeatureCollection","features":[]})");
  start();
  auto const h = bearer("truc");
  http_client c(port());
  auto const r = c.send("GET", "/api/v1/geo/03478", "", h);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.header("content-type"), "application/geo+json");
  EXPECT_EQ(c.send("GET", "/geo/03478.geojson", "", h).body, r.body);
}

TEST_F(http_test, a_start_that_cannot_be_says_why_in_one_sentence) {
  start();
  auto const why = [&](options o) -> std::string {
    try {
      server s(o, backend_, hub_);
      s.start();
      return "";
    } catch (std::runtime_error const& e) {
      return e.what();
    }
  };
  options taken;
  taken.port = port();
  EXPECT_NE(why(taken).find("is taken by another program"), std::string::npos);
  options outside;
  outside.port = 0;
  outside.address = "0.0.0.0";
  EXPECT_NE(why(outside).find("web.allow_plain_outside"), std::string::npos);
  outside.allow_plain_outside = true;
  EXPECT_EQ(why(outside), "");
  options half;
  half.certificate = "/nowhere.pem";
  EXPECT_NE(why(half).find("belong together"), std::string::npos);
  half.key = "/nowhere.key";
  EXPECT_NE(why(half).find("/nowhere.pem"), std::string::npos);
  options named;
  named.address = "example";
  EXPECT_NE(why(named).find("is no IP address"), std::string::npos);
}

TEST_F(http_test, a_running_request_is_finished_before_the_stop) {
  backend_.operate_takes = std::chrono::milliseconds{500};
  start();
  auto const h = bearer("truc");
  http_client idle(port());
  EXPECT_EQ(idle.send("GET", "/healthz").status, 200);
  std::atomic<int> status{0};
  std::thread writer([&] {
    http_client c(port());
    status = c.send("POST", std::string("/api/v1/alerts/") + alert_a + "/ack", "{}", h).status;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
  auto const from = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds{2});
  writer.join();
  EXPECT_EQ(status, 200);
  EXPECT_THROW(http_client again(port()), std::exception);
}

TEST_F(http_test, over_tls) {
  auto const certificate = (dir_ / "c.pem").string(), key = (dir_ / "k.pem").string();
  auto const make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout " + key + " -out " + certificate + " 2>/dev/null";
  ASSERT_EQ(std::system(make.c_str()), 0);
  options_.certificate = certificate;
  options_.key = key;
  options_.address = "0.0.0.0";  // allowed: nothing travels in the clear
  options_.dashboard_dir = (dir_ / "www").string();
  write_file("www/big.js", std::string(3 << 20, 'b'));
  start();
  http_client c(port(), true);
  EXPECT_EQ(c.send("GET", "/healthz").header("strict-transport-security"), "max-age=31536000");
  EXPECT_EQ(c.send("GET", "/big.js").body.size(), 3u << 20);
  auto const own = "https://127.0.0.1:" + std::to_string(port());
  auto const in = try_login("truc", "dung-mat-khau-1", {{"Origin", own}});
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_NE(in.header("set-cookie").find("; Secure"), std::string::npos);
  auto const set = in.header("set-cookie");
  headers const h{{"Cookie", set.substr(0, set.find(';'))}, {"Origin", own}};
  EXPECT_EQ(c.send("GET", "/api/v1/me", "", h).status, 200);
  ws_client w(port(), h, true);
  EXPECT_NE(w.next()->find("hello"), std::string::npos);
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  EXPECT_NE(w.next()->find("snapshot"), std::string::npos);
  // Plain HTTP at a TLS port gets nothing, and hurts nobody.
  EXPECT_EQ(raw(port(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n").find("HTTP/1.1 2"), std::string::npos);
  EXPECT_EQ(c.send("GET", "/healthz").status, 200);
}

}  // namespace
}  // namespace ioc::web::test
