#include "perceive/tests/fixture.hpp"

#include <gtest/gtest.h>

namespace ioc::perceive {
namespace {
using namespace test;

struct row {
  char const* name;
  std::string topic;
  std::string payload;
  outcome what;
  char const* reason;  // must be contained
};
void PrintTo(row const& r, std::ostream* out) { *out << r.name; }

class native_messages : public ::testing::TestWithParam<row> {};

TEST_P(native_messages, end_where_they_belong) {
  hearer h(small_catalogue());
  auto const& r = GetParam();
  auto const v = h.hear(raw(r.topic, r.payload));
  EXPECT_EQ(to_text(v.what), to_text(r.what)) << v.reason;
  EXPECT_NE(v.reason.find(r.reason), std::string::npos) << v.reason;
  EXPECT_EQ(v.reason.empty(), r.what == outcome::stored) << v.reason;
  EXPECT_EQ(h.counts().total().messages.received(), 1u);
  EXPECT_EQ(v.records.received(), 1u);
}

std::string const wl = "ioc/v1/03478/WL-09/";
std::string nested(std::size_t depth) { return R"({"values":{"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}}"; }

INSTANTIATE_TEST_SUITE_P(table, native_messages, ::testing::Values(
    row{"plain", wl + "telemetry", R"({"values":{"level":1.5}})", outcome::stored, ""},
    row{"bom_and_nul", wl + "telemetry", std::string("\xEF\xBB\xBF{\"values\":{\"level\":1.5}}\0\r\n", 29), outcome::stored, ""},
    row{"text_of_256", wl + "telemetry", R"({"values":{"note":")" + std::string(256, 'a') + R"("}})", outcome::stored, ""},
    row{"text_of_257", wl + "telemetry", R"({"values":{"note":")" + std::string(257, 'a') + R"("}})", outcome::rejected, "256 bytes"},
    row{"only_null", wl + "telemetry", R"({"values":{"level":null}})", outcome::ignored, "missing"},
    row{"nan", wl + "telemetry", R"({"values":{"level":NaN}})", outcome::rejected, "not JSON"},
    row{"infinite", wl + "telemetry", R"({"values":{"level":1e999}})", outcome::rejected, ""},
    row{"huge_but_finite", wl + "telemetry", R"({"values":{"x":1e308}})", outcome::stored, ""},
    row{"deep", wl + "telemetry", nested(100), outcome::rejected, "64 levels"},
    row{"very_deep", wl + "telemetry", nested(400'000), outcome::rejected, "64 levels"},
    row{"array_as_value", wl + "telemetry", R"({"values":{"level":[1]}})", outcome::rejected, "neither number"},
    row{"object_without_v", wl + "telemetry", R"({"values":{"level":{"u":"m"}}})", outcome::rejected, "without \"v\""},
    row{"foreign_unit", wl + "telemetry", R"({"values":{"level":{"v":1,"u":"kW"}}})", outcome::rejected, "cannot be turned"},
    row{"unknown_quality", wl + "telemetry", R"({"values":{"level":{"v":1,"q":"great"}}})", outcome::rejected, "quality"},
    row{"no_values", wl + "telemetry", R"({"ts":1})", outcome::rejected, "values"},
    row{"negative_seq", wl + "telemetry", R"({"seq":-1,"values":{"level":1}})", outcome::rejected, "seq"},
    row{"half_seq", wl + "telemetry", R"({"seq":1.5,"values":{"level":1}})", outcome::rejected, "seq"},
    row{"empty", wl + "telemetry", "", outcome::rejected, "empty"},
    row{"empty_batch", wl + "telemetry", "[]", outcome::ignored, "empty batch"},
    row{"number", wl + "telemetry", "42", outcome::rejected, "object"},
    row{"bad_utf8", wl + "telemetry", "{\"values\":{\"a\xC3\":1}}", outcome::rejected, "UTF-8"},
    row{"overlong_utf8", wl + "telemetry", "{\"values\":{\"a\xC0\xAF\":1}}", outcome::rejected, "UTF-8"},
    row{"truncated", wl + "telemetry", R"({"values":{"level":1.)", outcome::rejected, "not JSON"},
    row{"trailing", wl + "telemetry", R"({"values":{"level":1}} x)", outcome::rejected, "not JSON"},
    row{"large", wl + "telemetry", R"({"values":{"level":1},"pad":")" + std::string(300'000, 'x') + "\"}", outcome::stored, ""},
    row{"too_large", wl + "telemetry", std::string(max_payload + 1, ' '), outcome::rejected, "1 MiB"},
    row{"event", wl + "event", R"({"type":"motion"})", outcome::stored, ""},
    row{"event_without_type", wl + "event", R"({"data":{}})", outcome::rejected, "type"},
    row{"status_word", wl + "status", "online", outcome::stored, ""},
    row{"status_json", wl + "status", R"({"state":"offline","ts":1800000000})", outcome::stored, ""},
    row{"status_other", wl + "status", "sleeping", outcome::rejected, "online or offline"},
    row{"ack", wl + "ack", R"({"id":"0b2c8a2e-5a8e-5f43-9f5d-1d2f0a3b4c5d","state":"accepted"})", outcome::stored, ""},
    row{"ack_bad_state", wl + "ack", R"({"id":"0b2c8a2e-5a8e-5f43-9f5d-1d2f0a3b4c5d","state":"done"})", outcome::rejected, "state"},
    row{"ack_bad_id", wl + "ack", R"({"id":"7","state":"accepted"})", outcome::rejected, "UUID"},
    row{"unknown_kind", wl + "gossip", "{}", outcome::rejected, "unknown kind"},
    row{"too_many_levels", wl + "telemetry/x", "{}", outcome::rejected, "native topic"},
    row{"bad_device", "ioc/v1/03478/W L/telemetry", "{}", outcome::rejected, "device name"},
    row{"unknown_unit", "ioc/v1/99999/WL-09/telemetry", R"({"values":{"level":1}})", outcome::rejected, "no unit 99999"},
    row{"unknown_topic", "some/where/else", "1", outcome::rejected, "no source"},
    row{"native_inside_bridge", "ioc/raw/v1/03478/gw/ioc/v1/03478/WL-09/telemetry", R"({"values":{"level":1}})", outcome::rejected, "no source"}),
  [](auto const& one) { return std::string(one.param.name); });

TEST(native, only_the_server_writes_server_kinds) {
  for (char const* kind : {"command", "drill", "receipt"}) {
    hearer h(small_catalogue());
    auto const v = h.hear(raw(wl + kind, R"({"id":"0b2c8a2e-5a8e-5f43-9f5d-1d2f0a3b4c5d","name":"siren.on"})"));
    EXPECT_EQ(v.what, outcome::rejected);
    EXPECT_TRUE(v.security) << kind;
    EXPECT_TRUE(v.observations.empty());
  }
}

TEST(native, time_comes_in_seconds_milliseconds_and_text) {
  for (std::string const& ts : {std::string("1800000001"), std::string("1800000001000"), std::string("1800000001.0"), std::string("\"2027-01-15T08:00:01Z\""),
                                std::string("\"2027-01-15T15:00:01.000+07:00\"")}) {
    hearer h(small_catalogue());
    auto const v = h.hear(telemetry(R"({"ts":)" + ts + R"(,"values":{"level":1}})", 3));
    ASSERT_EQ(v.observations.size(), 1u) << ts;
    EXPECT_EQ(core::to_iso(v.observations[0].t), core::to_iso(at(1))) << ts;
    EXPECT_FALSE(v.observations[0].arrival_time_used) << ts;
  }
}

TEST(native, a_useless_time_gives_way_to_arrival_and_says_so) {
  // 1970, far ahead, year 1111, no text: the value still counts.
  for (std::string const& ts : {std::string("12"), ms(301 + 60), std::string("\"1111-01-01T00:00:00Z\""), std::string("\"soon\""), std::string("true")}) {
    hearer h(small_catalogue());
    auto const v = h.hear(telemetry(R"({"ts":)" + ts + R"(,"values":{"level":1}})", 60));
    ASSERT_EQ(v.what, outcome::stored) << ts;
    EXPECT_EQ(v.observations[0].t, at(60)) << ts;
    EXPECT_TRUE(v.observations[0].arrival_time_used) << ts;
    EXPECT_TRUE(h.view({"03478", "WL-09"})->clock_wrong) << ts;
  }
}

TEST(native, a_time_that_cannot_be_one_leaves_the_reading_suspect) {
  for (char const* ts : {"\"yesterday\"", "\"2026-02-30T00:00:00Z\"", "\"2026-01-01T24:00:00Z\"", "true", "{}", "[1]", "-5", "1e30", "100000000000", "0", "1800000000000000"}) {
    hearer h(small_catalogue());
    auto const v = h.hear(telemetry(R"({"ts":)" + std::string(ts) + R"(,"values":{"level":1,"rain_mm":900}})", 60));
    ASSERT_EQ(v.what, outcome::stored) << ts;
    auto const& o = v.observations.at(0);
    EXPECT_EQ(o.t, at(60)) << ts;
    EXPECT_EQ(o.readings.at(0).q, core::quality::suspect) << ts;
    EXPECT_EQ(o.readings.at(1).q, core::quality::bad) << ts;
    EXPECT_EQ(h.view({"03478", "WL-09"})->latest.at("water_level").q, core::quality::suspect) << ts;
  }
  for (char const* none : {"", R"("ts":null,)"}) {  // it says nothing, so it says nothing wrong
    hearer h(small_catalogue());
    auto const v = h.hear(telemetry("{" + std::string(none) + R"("values":{"level":1}})", 60));
    EXPECT_EQ(v.observations.at(0).readings.at(0).q, core::quality::good);
    EXPECT_TRUE(v.observations.at(0).arrival_time_used);
  }
}

TEST(native, values_units_and_names_become_canonical) {
  hearer h(small_catalogue());
  auto const v = h.hear(telemetry(
      R"({"values":{"level":{"v":133,"u":"cm"},"temp":{"v":212,"u":"[degF]"},"v_a":{"v":229000,"u":"mV","q":"suspect"},"pf":{"v":93,"u":"%"},"strange":7,"rain_mm":900,"on":true}})"));
  ASSERT_EQ(v.what, outcome::stored) << v.reason;
  std::map<std::string, core::reading> got;
  for (auto const& r : v.observations[0].readings) got[r.metric] = r;
  EXPECT_EQ(std::get<double>(got["water_level"].v), 1.33);
  EXPECT_NEAR(std::get<double>(got["temperature"].v), 100, 1e-9);
  EXPECT_EQ(std::get<double>(got["voltage/L1"].v), 229);
  EXPECT_EQ(got["voltage/L1"].q, core::quality::suspect);
  EXPECT_EQ(std::get<double>(got["power_factor"].v), 0.93);
  EXPECT_EQ(std::get<double>(got["strange"].v), 7);
  EXPECT_EQ(got["rainfall_amount"].q, core::quality::bad) << "900 mm is beyond what can fall";
  EXPECT_EQ(std::get<bool>(got["on"].v), true);
  EXPECT_EQ(got.size(), 7u);
}

TEST(native, a_batch_is_one_message_of_many_records) {
  hearer h(small_catalogue());
  auto const batch = "[" + record(1, 1, R"({"level":1})") + "," + record(2, 2, R"({"level":2})") + R"(,{"seq":3,"values":7},)" + record(1, 1, R"({"level":1})") + "]";
  auto const v = h.hear(telemetry(batch, 3));
  EXPECT_EQ(v.what, outcome::stored);
  EXPECT_EQ(v.records, (tally{2, 1, 0, 1}));
  EXPECT_NE(v.reason.find("1 of 4"), std::string::npos) << v.reason;
  EXPECT_EQ(v.observations.size(), 2u);
  // Nothing new, something refused: rejected. Nothing new, nothing refused: duplicate.
  EXPECT_EQ(h.hear(telemetry(batch, 4)).what, outcome::rejected);
  EXPECT_EQ(h.hear(telemetry("[" + record(1, 1, R"({"level":1})") + "]", 5)).what, outcome::duplicate);
  EXPECT_EQ(h.counts().total().messages, (tally{1, 1, 0, 1}));
}

TEST(native, an_ended_event_has_a_name_of_its_own) {
  hearer h(small_catalogue());
  auto const v = h.hear(raw(wl + "event", R"({"ts":1800000000,"type":"motion","clear":true,"data":{"zone":"A"}})"));
  ASSERT_EQ(v.observations.size(), 1u);
  EXPECT_EQ(v.observations[0].events[0].name, "motion:clear");
  EXPECT_EQ(v.observations[0].events[0].data, R"({"zone":"A"})");
  EXPECT_EQ(h.view({"03478", "WL-09"})->state, "motion:clear");
}

TEST(native, an_ack_carries_the_command) {
  hearer h(small_catalogue());
  auto const v = h.hear(raw(wl + "ack", R"({"id":"0B2C8A2E-5A8E-5F43-9F5D-1D2F0A3B4C5D","state":"failed","detail":"local_override","ts":1800000000})"));
  ASSERT_EQ(v.observations.size(), 1u);
  auto const& reply = v.observations[0].replies.at(0);
  EXPECT_EQ(reply.id, "0b2c8a2e-5a8e-5f43-9f5d-1d2f0a3b4c5d");
  EXPECT_EQ(reply.state, core::ack_state::failed);
  EXPECT_EQ(reply.detail, "local_override");
}

}  // namespace
}  // namespace ioc::perceive
