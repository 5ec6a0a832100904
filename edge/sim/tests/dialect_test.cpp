// The simulated devices and the server share no code: here the one's bytes meet the other's ears, over the real configuration.
#include "perceive/hearer.hpp"
#include "sim/calm.hpp"
#include "sim/encode.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>

namespace ioc::sim {
namespace {

namespace fs = std::filesystem;

std::string word(YAML::Node const& n, char const* key) { return n[key] ? n[key].as<std::string>() : std::string(); }
std::optional<double> maybe(YAML::Node const& n, char const* key) { return n[key] ? std::optional(n[key].as<double>()) : std::nullopt; }

std::vector<YAML::Node> folder(char const* name) {
  std::vector<YAML::Node> out;
  for (auto const& f : fs::directory_iterator(fs::path(IOC_SOURCE_DIR) / "config" / name)) out.push_back(YAML::LoadFile(f.path().string()));
  return out;
}

// The server's own loader lives in an adapter; this one reads just what perceive needs.
std::shared_ptr<perceive::catalogue const> real_catalogue() {
  std::vector<perceive::metric_info> metrics;
  for (auto const& n : YAML::LoadFile(IOC_SOURCE_DIR "/config/metrics.yaml")["metrics"]) {
    perceive::metric_info m;
    m.name = word(n, "name");
    m.unit = word(n, "unit");
    m.low = maybe(n, "low");
    m.high = maybe(n, "high");
    if (n["aliases"]) m.aliases = n["aliases"].as<std::vector<std::string>>();
    if (n["channel_aliases"]) m.channel_aliases = n["channel_aliases"].as<std::map<std::string, std::string>>();
    metrics.push_back(m);
  }
  std::vector<perceive::source_info> sources;
  for (auto const& n : folder("sources")) {
    perceive::source_info s;
    s.name = word(n, "name");
    s.decoder = word(n, "decoder");
    s.filters = n["filters"].as<std::vector<std::string>>();
    if (n["settings"]) s.settings = n["settings"].as<std::map<std::string, std::string>>();
    sources.push_back(s);
  }
  std::vector<perceive::device_model> models;
  for (auto const& n : folder("models")) {
    perceive::device_model m;
    m.key = word(n, "key");
    for (auto const& r : n["readings"])
      m.readings.push_back({word(r, "metric"), word(r, "to"), maybe(r, "factor").value_or(1), maybe(r, "offset").value_or(0), word(r, "factor_from"), word(r, "offset_from")});
    for (auto const& e : n["events"]) m.events.push_back({word(e, "metric"), word(e, "when_true"), word(e, "when_false")});
    models.push_back(m);
  }
  std::vector<core::unit> units;
  std::vector<core::device> devices;
  for (auto const& n : folder("units")) {
    core::unit u;
    u.code = word(n, "code");
    u.parent = word(n, "parent");
    for (auto const& z : n["zones"]) u.zones.push_back({word(z, "id"), {}});
    for (auto const& d : n["devices"]) {
      core::device x;
      x.unit = u.code;
      x.id = word(d, "id");
      x.type = word(d, "type");
      x.zone = word(d, "zone");
      x.model = word(d, "model");
      x.native = word(d, "native");
      x.parent = word(d, "parent");
      if (d["calibration"]) x.calibration = d["calibration"].as<std::map<std::string, double>>();
      devices.push_back(x);
    }
    units.push_back(u);
  }
  return std::make_shared<perceive::catalogue const>(perceive::catalogue::make(metrics, sources, models, units, devices));
}

constexpr std::int64_t when = 1'800'000'000'123;

struct dialects : ::testing::Test {
  perceive::hearer ears{real_catalogue()};
  std::map<std::string, device> known = load_devices(IOC_SOURCE_DIR "/config");

  perceive::verdict hear(message const& m, std::int64_t arrival = when + 40) {
    core::raw_message raw;
    raw.topic = m.topic;
    raw.payload = m.payload;
    raw.qos = 1;
    raw.arrival = core::from_ms(arrival);
    auto v = ears.hear(raw);
    EXPECT_EQ(v.what, perceive::outcome::stored) << m.topic << " " << v.reason;
    return v;
  }
};

TEST_F(dialects, bring_back_metric_value_and_time) {
  struct row {
    char const* device;
    sample said;
    char const* metric;
    char const* source;
    bool timed;  // the dialect has a place for the time
  };
  std::map<std::string, encoder> mouths;
  for (row const& r : {row{"03478/WL-01", {"level", 3.62}, "water_level", "chirpstack-v4", true},
                       row{"03478/WL-02", {"level", 1.02}, "water_level", "chirpstack-v4", true},
                       row{"03478/RG-01", {"rain_mm", 15.2}, "rainfall_amount", "native", true},
                       row{"09367/TBA-01", {"v_a", 205.8}, "voltage/L1", "shelly-gen2", true},
                       row{"09367/TBA-01", {"i_b", 770}, "current/L2", "shelly-gen2", true},
                       row{"09367/TBA-01", {"i_c", 665}, "current/L3", "shelly-gen2", true},
                       row{"09367/TBA-01", {"load_pct", 119}, "transformer_load", "native", true},
                       row{"09367/TBA-01", {"oil_temp", 84.5}, "top_oil_temperature", "native", true},
                       row{"09367/TBA-01", {"pf", 0.88}, "power_factor", "native", true},
                       row{"20551/CAM-11", {"person_count", 420}, "object_count/person", "frigate", false},
                       row{"20551/NOISE-03", {"laeq", 70.5}, "sound_level", "native", true},
                       row{"20623/SMK-1", {"smoke", 14.6}, "smoke_obscuration", "zigbee2mqtt", true},
                       row{"20623/TEMP-1", {"temp", 67.5}, "temperature", "native", true},
                       row{"20623/CO-1", {"co", 120}, "co_concentration", "native", true}}) {
    // One encoder a device, as in life: a new one would count its seq from 1 again, and the same seq at the same time is a repeat.
    auto const said = mouths.try_emplace(r.device, known.at(r.device)).first->second.samples({r.said}, when);
    ASSERT_EQ(said.size(), 1u) << r.device;
    auto const v = hear(said[0]);
    EXPECT_EQ(v.source, r.source) << r.device;
    ASSERT_EQ(v.observations.size(), 1u) << r.device;
    auto const& o = v.observations[0];
    EXPECT_EQ(o.device.text(), r.device);
    EXPECT_TRUE(o.claimed) << r.device;
    EXPECT_EQ(o.arrival_time_used, !r.timed) << r.device;
    EXPECT_EQ(core::to_ms(o.t), r.timed ? when : when + 40) << r.device;
    int found = 0;
    for (auto const& x : o.readings)
      if (x.metric == r.metric) {
        ++found;
        EXPECT_EQ(std::get<double>(x.v), r.said.value) << r.device << " " << r.metric;
        EXPECT_EQ(x.q, core::quality::good);
        EXPECT_FALSE(x.late);
      }
    EXPECT_EQ(found, 1) << r.device << " " << r.metric;
  }
}

TEST_F(dialects, every_level_of_the_flood_story_survives_the_millimetres) {
  encoder gauge(known.at("03478/WL-01"));
  for (int cm = 95; cm <= 400; ++cm) {
    double const level = cm / 100.0;
    auto const t = when + cm * 1000;
    auto const v = hear(gauge.samples({{"level", level}}, t).at(0), t);
    ASSERT_EQ(std::get<double>(ears.view({"03478", "WL-01"})->latest.at("water_level").v), level);
  }
}

TEST_F(dialects, one_instant_of_a_transformer_is_two_messages) {
  auto const said = encoder(known.at("09367/TBA-01")).samples({{"load_pct", 72}, {"v_a", 221}, {"i_a", 400}, {"oil_temp", 68}}, when);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(hear(said[0]).observations.at(0).readings.size(), 2u);
  EXPECT_EQ(hear(said[1]).observations.at(0).readings.size(), 2u);
}

TEST_F(dialects, events_come_back_by_name) {
  struct row {
    char const* device;
    char const* event;
  };
  for (row const& r : {row{"18775/CAM-21", "covered"}, row{"18775/CAM-21", "uncovered"}, row{"18775/BOX-07", "cabinet_opened"}, row{"18775/BOX-07", "cabinet_closed"},
                       row{"21548/POWER-F2", "power_lost"}}) {
    auto const v = hear(encoder(known.at(r.device)).event(r.event, when));
    ASSERT_EQ(v.observations.at(0).events.size(), 1u) << r.event;
    EXPECT_EQ(v.observations[0].events[0].name, r.event);
    EXPECT_EQ(core::to_ms(v.observations[0].events[0].t), when);
    EXPECT_EQ(v.observations[0].device.text(), r.device);
  }
}

TEST_F(dialects, heartbeats_prove_life_and_nothing_else_happens) {
  std::int64_t t = when;
  for (auto const& [key, d] : known) {
    encoder mouth(d);
    for (int i = 0; i < 3; ++i) {
      t += 1000;
      auto const v = hear(mouth.heartbeat(t), t);
      ASSERT_EQ(v.observations.size(), 1u) << key;
      EXPECT_EQ(v.observations[0].device.text(), key);
      EXPECT_TRUE(v.observations[0].claimed) << key;
      EXPECT_TRUE(v.observations[0].alive) << key;
      EXPECT_TRUE(v.observations[0].events.empty()) << key;
    }
    EXPECT_EQ(ears.view({d.unit, d.id})->online, true) << key;
  }
}

TEST_F(dialects, calm_devices_are_understood_in_full) {
  for (auto const& [key, d] : known) {
    if (!d.calm) continue;
    encoder mouth(d);
    double counter = 0;
    for (int tick = 0; tick < 200; ++tick) {
      auto const t = when + tick * 15'000;
      auto const values = calm_values(d, tick, counter);
      for (auto const& m : mouth.samples(values, t)) {
        auto const v = hear(m, t);
        EXPECT_TRUE(v.observations.at(0).claimed) << key;
        for (auto const& r : v.observations[0].readings) {
          EXPECT_NE(r.q, core::quality::bad) << key << " " << r.metric;
          EXPECT_TRUE(ears.known().metrics.find(r.metric)) << key << " says " << r.metric << ", which config/metrics.yaml does not know";
        }
      }
    }
  }
}

TEST_F(dialects, an_answer_names_its_command) {
  auto const m = encoder(known.at("03478/LS-01")).ack("0b2c8a2e-5a8e-5f43-9f5d-1d2f0a3b4c5d", "failed", "local_override", when);
  auto const v = hear(m);
  ASSERT_EQ(v.observations.at(0).replies.size(), 1u);
  EXPECT_EQ(v.observations[0].replies[0].state, core::ack_state::failed);
  EXPECT_EQ(v.observations[0].replies[0].detail, "local_override");
}

}  // namespace
}  // namespace ioc::sim
