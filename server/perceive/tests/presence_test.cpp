#include "perceive/presence.hpp"
#include "perceive/tests/fixture.hpp"

#include <gtest/gtest.h>

namespace ioc::perceive {
namespace {
using namespace test;
using namespace std::chrono_literals;

core::device paced(char const* id, core::duration interval, char const* parent = "") {
  core::device d;
  d.unit = "03478";
  d.id = id;
  d.parent = parent;
  d.expected_interval = interval;
  return d;
}

struct world {
  std::shared_ptr<catalogue const> known = small_catalogue({paced("GW", 30s), paced("S-1", 60s, "GW"), paced("S-2", 60s, "S-1")});
  hearer ears{known};
  hearing hears;
  presence_state of(char const* id, double t) {
    return presence_of(*known, *known->devices.by_id("03478", id), [this](core::device_ref const& d) { return ears.view(d); }, hears, at(t));
  }
  void say(char const* id, double t) { ears.hear(telemetry(record(t, static_cast<std::uint64_t>(t), R"({"level":1})"), t, id)); }
};

TEST(presence, grows_from_unknown_to_online_to_silent) {
  world w;
  EXPECT_EQ(w.of("GW", 0).is, presence::unknown);
  EXPECT_EQ(w.of("GW", 0).why, "never_heard");
  w.say("GW", 10);
  EXPECT_EQ(w.of("GW", 10 + 105).is, presence::online);
  auto const gone = w.of("GW", 10 + 106);
  EXPECT_EQ(gone.is, presence::offline);
  EXPECT_EQ(gone.why, "silent");
}

TEST(presence, grace_follows_the_link) {
  EXPECT_EQ(patience_for(60s, "ethernet").silent_after, 130s);
  EXPECT_EQ(patience_for(60s, "wifi").silent_after, 195s);
  EXPECT_EQ(patience_for(60s, "cellular").silent_after, 240s);
  EXPECT_EQ(patience_for(600s, "lorawan").silent_after, 2460s);
}

TEST(presence, a_gateway_that_is_gone_explains_its_children) {
  world w;
  for (auto const* id : {"GW", "S-1", "S-2"}) w.say(id, 10);
  w.say("GW", 250);
  EXPECT_EQ(w.of("S-1", 300).is, presence::offline) << "the gateway is well, so it is its own fault";
  EXPECT_EQ(w.of("S-1", 400).is, presence::unknown);
  EXPECT_EQ(w.of("S-1", 400).why, "gateway");
  EXPECT_EQ(w.of("S-1", 400).by, "GW");
  EXPECT_EQ(w.of("S-2", 400).by, "GW") << "the root of it, not the link between";
}

TEST(presence, a_will_and_a_retained_word) {
  world w;
  w.say("GW", 10);
  w.ears.hear(raw("ioc/v1/03478/GW/status", "offline", 12));
  EXPECT_EQ(w.of("GW", 13).why, "told");
  w.say("GW", 14);
  EXPECT_EQ(w.of("GW", 15).is, presence::online);
  w.ears.hear(raw("ioc/v1/03478/S-1/status", "online", 16, false, true));
  EXPECT_EQ(w.of("S-1", 17).is, presence::unknown) << "a retained copy proves no life";
}

TEST(presence, silence_counts_only_where_it_could_be_heard) {
  world w;
  w.say("GW", 10);
  w.hears.deaf_since = at(50);
  EXPECT_EQ(w.of("GW", 500).is, presence::unknown);
  EXPECT_EQ(w.of("GW", 500).why, "deaf");
  w.hears = {{}, at(500)};
  EXPECT_EQ(w.of("GW", 560).is, presence::unknown) << "it may still be reconnecting";
  EXPECT_EQ(w.of("GW", 500 + 91).is, presence::offline);
}

// ---- clocks and quality

TEST(clock, steadily_behind_at_the_normal_pace_is_judged_by_arrival) {
  world w;
  for (int i = 0; i < 10; ++i) {
    auto const v = w.ears.hear(telemetry(record(i * 60, 1 + static_cast<std::uint64_t>(i), R"({"level":1})"), 3600 + i * 60 + (i % 3) * 0.4));
    ASSERT_EQ(v.observations.size(), 1u);
    EXPECT_EQ(v.observations[0].arrival_time_used, i >= 4) << i;
    EXPECT_EQ(v.observations[0].readings[0].late, i < 4) << i;
  }
  EXPECT_TRUE(w.ears.view({"03478", "WL-09"})->clock_wrong);
  auto const v = w.ears.hear(telemetry(record(5000, 11, R"({"level":1})"), 5000.3));  // its clock was set
  EXPECT_FALSE(v.observations[0].arrival_time_used);
  EXPECT_FALSE(w.ears.view({"03478", "WL-09"})->clock_wrong);
}

TEST(clock, a_backlog_is_no_wrong_clock) {
  world w;
  for (int i = 0; i < 60; ++i) {
    auto const v = w.ears.hear(telemetry(record(i * 60, 1 + static_cast<std::uint64_t>(i), R"({"level":1})"), 3600 + i * 1.5));
    EXPECT_FALSE(v.observations[0].arrival_time_used) << i;
  }
}

std::shared_ptr<catalogue const> physical() {
  metric_info level{"water_level", "m", {"level"}, {}, -20, 100, {}};
  level.max_rate = 0.01;
  metric_info wind{"wind_speed", "m/s", {}, {}, 0, 120, {}};
  wind.flatline = 600s;
  source_info native;
  native.name = native.decoder = "native";
  native.filters = {"ioc/v1/#"};
  core::unit u;
  u.code = "03478";
  return std::make_shared<catalogue const>(catalogue::make({level, wind}, {native}, {}, {u}, {paced("WL-09", 60s)}));
}

TEST(quality, a_jump_that_physics_forbids_is_suspect) {
  hearer h{physical()};
  auto const q = [&](double t, double v) {
    auto const heard = h.hear(telemetry(record(t, static_cast<std::uint64_t>(t), "{\"level\":" + std::to_string(v) + "}"), t));
    return heard.observations.at(0).readings.at(0).q;
  };
  EXPECT_EQ(q(60, 1.0), core::quality::good);
  EXPECT_EQ(q(120, 1.5), core::quality::good);
  EXPECT_EQ(q(180, 4.5), core::quality::suspect);
  EXPECT_EQ(q(240, 4.6), core::quality::good) << "it stays there: the water has risen";
  EXPECT_EQ(q(300, 400), core::quality::bad);
  EXPECT_EQ(q(360, 4.6), core::quality::good) << "a bad value is nothing to compare with";
}

TEST(quality, a_sensor_that_never_moves_is_suspect) {
  hearer h{physical()};
  for (int i = 0; i <= 12; ++i) {
    auto const heard = h.hear(telemetry(record(i * 60, 1 + static_cast<std::uint64_t>(i), R"({"wind_speed":3.2})"), i * 60));
    EXPECT_EQ(heard.observations.at(0).readings.at(0).q, i < 10 ? core::quality::good : core::quality::suspect) << i;
  }
  auto const heard = h.hear(telemetry(record(800, 20, R"({"wind_speed":3.3})"), 800));
  EXPECT_EQ(heard.observations.at(0).readings.at(0).q, core::quality::good);
}

}  // namespace
}  // namespace ioc::perceive
