#include "adapters/web/tests/fixture.hpp"

#include <sys/socket.h>

#include <thread>

namespace ioc::web::test {
namespace {
using namespace std::chrono_literals;

class stream_test : public web_test {
 protected:
  static boost::json::object frame(ws_client& w) {
    auto const text = w.next();
    return text ? json_of(*text).as_object() : boost::json::object{};
  }
  static std::string type(boost::json::object const& o) { return o.contains("type") ? std::string(o.at("type").as_string()) : "closed"; }
  // Reads until the server closes.
  static int drained(ws_client& w) {
    while (w.next()) {
    }
    return w.close_code();
  }
};

TEST_F(stream_test, hello_then_snapshot_then_deltas_without_holes) {
  start();
  ws_client w(port(), bearer("truc"));
  auto const hello = frame(w);
  EXPECT_EQ(type(hello), "hello");
  EXPECT_EQ(hello.at("protocol").as_int64(), 1);
  w.send(R"({"type":"subscribe","id":7,"channel":"alerts"})");
  auto const snapshot = frame(w);
  EXPECT_EQ(type(snapshot), "snapshot");
  EXPECT_EQ(snapshot.at("id").as_int64(), 7);
  ASSERT_EQ(snapshot.at("items").as_array().size(), 2u);
  EXPECT_EQ(snapshot.at("items").at(0).at("id").as_string(), alert_a);
  auto seq = snapshot.at("seq").as_int64();

  put_alert("new", "03478", "danger", 5000);
  put_alert("foreign", "03481", "danger", 5000);
  auto delta = frame(w);
  EXPECT_EQ(type(delta), "delta");
  EXPECT_EQ(delta.at("seq").as_int64(), ++seq);
  EXPECT_EQ(delta.at("upsert").at(0).at("id").as_string(), "new");
  EXPECT_EQ(delta.at("upsert").as_array().size(), 1u);

  hub_.remove(channel::alerts, "new", "03478");
  delta = frame(w);
  EXPECT_EQ(delta.at("seq").as_int64(), ++seq);
  EXPECT_EQ(delta.at("remove").at(0).as_string(), "new");
  EXPECT_TRUE(delta.at("upsert").as_array().empty());
  for (int i = 0; i < 20; ++i) {
    put_alert("n" + std::to_string(i), "03478", "info", 1);
    std::this_thread::sleep_for(20ms);
  }
  for (std::size_t seen = 0; seen < 20;) {
    delta = frame(w);
    ASSERT_EQ(type(delta), "delta");
    EXPECT_EQ(delta.at("seq").as_int64(), ++seq);
    seen += delta.at("upsert").as_array().size();
  }
}

TEST_F(stream_test, an_alert_reaches_the_screen_in_a_tenth_of_a_second) {
  start();
  ws_client w(port(), bearer("truc"));
  frame(w);
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  frame(w);
  auto const from = std::chrono::steady_clock::now();
  put_alert("urgent", "03478", "emergency", 1);
  EXPECT_EQ(type(frame(w)), "delta");
  EXPECT_LT(std::chrono::steady_clock::now() - from, 200ms);
}

TEST_F(stream_test, filters_and_what_leaves_them) {
  start();
  ws_client w(port(), bearer("tinh"));
  frame(w);
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts","filter":{"unit":"03478","severity":["danger"]}})");
  EXPECT_EQ(frame(w).at("items").as_array().size(), 1u);
  put_alert(alert_a, "03478", "warning", 2000);
  auto const left = frame(w);
  EXPECT_EQ(left.at("remove").at(0).as_string(), alert_a);
  w.send(R"({"type":"subscribe","id":2,"channel":"alerts","filter":{}})");
  EXPECT_EQ(frame(w).at("items").as_array().size(), 3u);
  w.send(R"({"type":"subscribe","id":3,"channel":"summary"})");
  EXPECT_EQ(frame(w).at("items").as_array().size(), 1u);
  w.send(R"({"type":"unsubscribe","id":3})");
  w.send(R"({"type":"subscribe","id":3,"channel":"actions","filter":{"alert":")" + std::string(alert_a) + "\"}}");
  auto const again = frame(w);
  EXPECT_EQ(again.at("seq").as_int64(), 1);
  EXPECT_EQ(again.at("items").as_array().size(), 1u);
}

TEST_F(stream_test, readings_come_in_order_and_only_when_somebody_looks) {
  start();
  EXPECT_FALSE(hub_.wanted("03478", "muc-nuoc-01"));
  hub_.reading("03478", "muc-nuoc-01", "level", R"({"v":0})");
  {
    ws_client w(port(), bearer("truc"));
    frame(w);
    w.send(R"({"type":"subscribe","id":1,"channel":"readings","filter":{"unit":"03478","device":"muc-nuoc-01","metric":"level"}})");
    EXPECT_TRUE(frame(w).at("items").as_array().empty());
    EXPECT_TRUE(hub_.wanted("03478", "muc-nuoc-01"));
    EXPECT_FALSE(hub_.wanted("03478", "other"));
    for (int i = 1; i <= 50; ++i) hub_.reading("03478", "muc-nuoc-01", "level", R"({"v":)" + std::to_string(i) + "}");
    hub_.reading("03478", "muc-nuoc-01", "battery", R"({"v":-1})");
    std::int64_t last = 0;
    while (last < 50) {
      auto const f = frame(w);
      for (auto const& r : f.at("upsert").as_array()) EXPECT_EQ(r.at("v").as_int64(), ++last);
    }
  }
  for (int i = 0; i < 100 && hub_.wanted("03478", "muc-nuoc-01"); ++i) std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(hub_.wanted("03478", "muc-nuoc-01"));
}

TEST_F(stream_test, wrong_words_are_answered_and_the_stream_goes_on) {
  start();
  ws_client w(port(), bearer("truc"));
  frame(w);
  struct row { char const* text; char const* code; };
  for (auto const& [text, code] : std::vector<row>{
           {"not json", "bad_message"}, {"[]", "bad_message"}, {R"({"type":"sing","id":1})", "bad_message"}, {R"({"type":"subscribe","id":"1"})", "bad_message"},
           {R"({"type":"subscribe","id":-1,"channel":"alerts"})", "bad_message"}, {R"({"type":"subscribe","id":1,"channel":"gossip"})", "unknown_channel"},
           {R"({"type":"subscribe","id":1})", "unknown_channel"}, {R"({"type":"subscribe","id":1,"channel":"alerts","filter":{"unit":"03481"}})", "not_found"},
           {R"({"type":"subscribe","id":1,"channel":"alerts","filter":{"colour":"red"}})", "bad_filter"}, {R"({"type":"subscribe","id":1,"channel":"alerts","filter":3})", "bad_filter"},
           {R"({"type":"subscribe","id":1,"channel":"readings"})", "bad_filter"}, {R"({"type":"unsubscribe","id":9})", "unknown_id"}}) {
    w.send(text);
    auto const f = frame(w);
    EXPECT_EQ(type(f), "error") << text;
    EXPECT_EQ(f.at("code").as_string(), code) << text;
    EXPECT_FALSE(f.at("message").as_string().empty());
  }
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  EXPECT_EQ(type(frame(w)), "snapshot");
  w.send(R"({"type":"subscribe","id":1,"channel":"devices"})");
  EXPECT_EQ(frame(w).at("code").as_string(), "id_in_use");
  for (int i = 2; i <= 65; ++i) w.send(R"({"type":"subscribe","id":)" + std::to_string(i) + R"(,"channel":"tasks"})");
  boost::json::object f;
  for (int i = 2; i <= 65; ++i) f = frame(w);
  // Words go before snapshots, so the refusal of the last may come early; all 64 answers are here.
  EXPECT_EQ(hub_.wanted("03478", "x"), false);
}

TEST_F(stream_test, malformed_frames_close_only_their_own_stream) {
  start();
  auto const h = bearer("truc");
  ws_client good(port(), h);
  frame(good);
  {
    ws_client w(port(), h);
    frame(w);
    w.send("bytes", true);
    EXPECT_EQ(drained(w), 1003);
  }
  {
    ws_client w(port(), h);
    frame(w);
    w.send(std::string(20'000, 'x'));
    EXPECT_EQ(drained(w), 1009);
  }
  {
    ws_client w(port(), h);
    frame(w);
    w.send_raw(std::string("\x81\x02hi", 4));  // a client must mask
    EXPECT_EQ(drained(w), 1002);
  }
  {
    ws_client w(port(), h);
    frame(w);
    w.send_raw(std::string("\x81\x82\x00\x00\x00\x00\xff\xfe", 8));  // no UTF-8
    EXPECT_EQ(drained(w), 1007);
  }
  {
    ws_client w(port(), h);
    frame(w);
    w.send_raw(std::string("\xf3\x80\x00\x00\x00\x00", 6));  // reserved bits and opcode
    EXPECT_EQ(drained(w), 1002);
  }
  good.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  EXPECT_EQ(type(frame(good)), "snapshot");
}

TEST_F(stream_test, it_closes_when_its_session_ends) {
  options_.session_length = 2s;
  start();
  auto const first = bearer("truc");
  ws_client w(port(), first), other(port(), bearer("lanhdao"));
  frame(w);
  frame(other);
  http_client c(port());
  EXPECT_EQ(c.send("DELETE", "/api/v1/session", "", first).status, 204);
  auto const from = std::chrono::steady_clock::now();
  EXPECT_EQ(drained(w), 1008);
  EXPECT_LT(std::chrono::steady_clock::now() - from, 500ms);
  EXPECT_EQ(drained(other), 1008);  // its two seconds are over
  EXPECT_LT(std::chrono::steady_clock::now() - from, 4s);
  EXPECT_THROW(ws_client(port(), first), std::runtime_error);
}

TEST_F(stream_test, who_has_to_change_the_password_sees_nothing) {
  start();
  EXPECT_THROW(ws_client(port(), bearer("moi")), std::runtime_error);
  EXPECT_THROW(ws_client(port(), {}), std::runtime_error);
}

TEST_F(stream_test, it_pings_and_drops_who_does_not_answer) {
  options_.ping_every = 100ms;
  start();
  ws_client w(port(), bearer("truc"));
  frame(w);
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  frame(w);
  std::thread later([&] {
    std::this_thread::sleep_for(1s);
    put_alert("x", "03478", "info", 1);
  });
  EXPECT_EQ(type(frame(w)), "delta");  // reading answers the pings meanwhile
  later.join();
  EXPECT_GE(w.pings(), 5);
  ws_client deaf(port(), bearer("truc"));
  frame(deaf);
  for (int i = 0; i < 50 && server_->metrics().find("ioc_web_streams_open 0") == std::string::npos; ++i) std::this_thread::sleep_for(100ms);
  EXPECT_NE(server_->metrics().find("ioc_web_streams_open 0"), std::string::npos);
}

TEST_F(stream_test, a_slow_reader_gets_fewer_and_newer_deltas_and_loses_no_last_state) {
  start();
  ws_client w(port(), bearer("truc"), false, 8 * 1024);
  frame(w);
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  auto seq = frame(w).at("seq").as_int64();
  constexpr int objects = 40, rounds = 60;
  std::string const padding = R"(,"pad":")" + std::string(10'000, 'p') + "\"";
  for (int n = 1; n <= rounds; ++n) {
    for (int i = 0; i < objects; ++i)
      put_alert("slow" + std::to_string(i), "03478", "info", 1, padding + ",\"n\":" + std::to_string(n));
    std::this_thread::sleep_for(20ms);
  }
  hub_.remove(channel::alerts, "slow0", "03478");
  std::map<std::string, std::int64_t> last;
  std::size_t items = 0;
  bool removed = false;
  auto const complete = [&] {
    if (!removed || last.size() < objects - 1) return false;
    for (auto const& [id, n] : last)
      if (n != rounds) return false;
    return true;
  };
  while (!complete()) {
    auto const f = frame(w);
    ASSERT_EQ(type(f), "delta");
    ASSERT_EQ(f.at("seq").as_int64(), ++seq);
    for (auto const& a : f.at("upsert").as_array()) {
      ++items;
      auto& n = last[std::string(a.at("id").as_string())];
      EXPECT_GT(a.at("n").as_int64(), n);  // never an older state
      n = a.at("n").as_int64();
    }
    for (auto const& key : f.at("remove").as_array()) {
      removed = key.as_string() == "slow0";
      last.erase(std::string(key.as_string()));
    }
  }
  EXPECT_LT(items, objects * rounds / 2u);
  RecordProperty("items", static_cast<int>(items));
}

TEST_F(stream_test, who_cannot_be_served_within_the_limit_is_closed_with_1013) {
  start();
  ws_client w(port(), bearer("truc"), false, 8 * 1024);
  frame(w);
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  frame(w);
  std::string const padding = R"(,"pad":")" + std::string(10'000, 'p') + "\"";
  for (int i = 0; i < 250; ++i) put_alert("much" + std::to_string(i), "03478", "info", 1, padding);
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(drained(w), 1013);
  EXPECT_NE(server_->metrics().find("ioc_web_streams_too_slow_total 1"), std::string::npos);
}

TEST_F(stream_test, one_that_never_reads_is_cut_off) {
  start();
  ws_client w(port(), bearer("truc"), false, 8 * 1024);
  frame(w);
  w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
  frame(w);
  std::string const padding = R"(,"pad":")" + std::string(10'000, 'p') + "\"";
  for (int i = 0; i < 250; ++i) put_alert("much" + std::to_string(i), "03478", "info", 1, padding);
  auto const open = [&] { return server_->metrics().find("ioc_web_streams_open 0") == std::string::npos; };
  for (int i = 0; i < 150 && open(); ++i) std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(open());
}

TEST_F(stream_test, a_stop_closes_streams_with_1001) {
  start();
  ws_client w(port(), bearer("truc")), silent(port(), bearer("lanhdao"));
  frame(w);
  frame(silent);
  int code = 0;
  std::thread reader([&] { code = drained(w); });
  auto const from = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - from, 5s);
  reader.join();
  EXPECT_EQ(code, 1001);
  put_alert("after", "03478", "info", 1);  // the hub lives on, and wakes nobody
}

TEST_F(stream_test, many_viewers_while_the_pipeline_puts) {
  start();
  auto const h = bearer("truc");
  constexpr int viewers = 8, changes = 2000;
  std::vector<std::thread> all;
  std::atomic<int> complete{0}, ready{0};
  for (int v = 0; v < viewers; ++v)
    all.emplace_back([&] {
      ws_client w(port(), h);
      frame(w);
      w.send(R"({"type":"subscribe","id":1,"channel":"alerts"})");
      auto seq = frame(w).at("seq").as_int64();
      ++ready;
      while (true) {
        auto const f = frame(w);
        if (type(f) != "delta" || f.at("seq").as_int64() != ++seq) return;
        for (auto const& a : f.at("upsert").as_array())
          if (a.at("id").as_string() == "end") {
            ++complete;
            return;
          }
      }
    });
  while (ready < viewers) std::this_thread::sleep_for(10ms);
  for (int i = 0; i < changes; ++i) put_alert("k" + std::to_string(i % 50), "03478", "info", i);
  put_alert("end", "03478", "info", 1);
  for (auto& t : all) t.join();
  EXPECT_EQ(complete, viewers);
}

}  // namespace
}  // namespace ioc::web::test
