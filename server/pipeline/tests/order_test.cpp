#include "core/archive.hpp"
#include "pipeline/pipeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

// Sources with `allowed_lateness`: the same records in any order within it give the same alerts, to the byte.

using namespace ioc;
using namespace std::chrono_literals;

namespace {

constexpr int gauges = 6;
constexpr double lateness = 30;

core::time_point at(double s) { return core::from_ms(1'800'000'000'000 + static_cast<std::int64_t>(s * 1000)); }
std::string gauge(int i) { return "WL-0" + std::to_string(i); }

// Gauges in two zones with rules of each kind that looks at time: hold, clear, sum, rate, flatline, deviation, stale, event, combinations.
struct site {
  pipeline::unit_config config;
  std::shared_ptr<perceive::catalogue const> catalogue;

  explicit site(core::duration allowed) {
    config.unit.code = "03478";
    config.unit.zones = {{"Z1", {"ven suối", "streamside"}}, {"Z2", {"chợ", "market"}}};
    for (int i = 1; i <= gauges; ++i) {
      core::device d;
      d.unit = "03478";
      d.id = gauge(i);
      d.type = "water_level_gauge";
      d.zone = i % 2 ? "Z1" : "Z2";
      d.model = "cabinet";
      config.devices.push_back(d);
    }
    auto const add = [&](std::string id, alert::rule_type type) -> alert::rule& {
      alert::rule r;
      r.id = std::move(id);
      r.type = type;
      r.order = static_cast<int>(config.rules.size());
      r.severity = core::severity::danger;
      if (r.by_device())
        for (auto const& d : config.devices) r.devices.push_back(d.id);
      r.metric = r.by_device() ? "water_level" : "";
      config.rules.push_back(r);
      return config.rules.back();
    };
    auto& high = add("high", alert::rule_type::threshold);
    high.value = 3.5;
    high.hold = 20s;
    high.clear = alert::clear_condition{core::comparison::lt, 3.3, 15s};
    auto& sum = add("sum", alert::rule_type::sum);
    sum.window = 60s;
    sum.value = 30;
    auto& rate = add("rate", alert::rule_type::rate);
    rate.window = 30s;
    rate.value = 0.6;
    auto& flat = add("flat", alert::rule_type::flatline);
    flat.window = 60s;
    flat.min_samples = 3;
    auto& off = add("off", alert::rule_type::deviation);
    off.devices = {gauge(1)};
    off.peers = {{gauge(3), "water_level"}, {gauge(5), "water_level"}};
    off.value = 1.2;
    add("silent", alert::rule_type::stale).timeout = 40s;
    auto& door = add("door", alert::rule_type::event);
    door.event = "opened";
    door.clear_event = "closed";
    auto& several = add("several", alert::rule_type::zone_count);
    several.of = {"high"};
    several.ge = 2;
    several.window = 300s;
    several.hold = 5s;
    auto& both = add("both", alert::rule_type::correlate);
    both.all_of = {"high", "door"};
    both.within = 120s;
    config.policy.ack_limit[core::severity::danger] = 60s;
    config.policy.escalate_to = "commune_leader";
    perceive::source_info native;
    native.name = native.decoder = "native";
    native.filters = {"ioc/v1/+/+/+"};
    native.allowed_lateness = allowed;
    perceive::metric_info level;
    level.name = "water_level";
    level.unit = "m";
    level.max_rate = 0.4;
    perceive::metric_info open;
    open.name = "door_open";
    perceive::device_model cabinet;
    cabinet.key = "cabinet";
    cabinet.events = {{"door_open", "opened", "closed"}};
    catalogue = std::make_shared<perceive::catalogue const>(perceive::catalogue::make({level, open}, {native}, {cabinet}, {config.unit}, config.devices));
  }
};

struct server {
  site s;
  pipeline::pipeline p{s.catalogue, {s.config}, at(0)};
  std::vector<std::string> log;  // what happened, and the whole alert as it is saved

  explicit server(core::duration allowed) : s(allowed) {}
  void note(pipeline::site_outcomes const& out) {
    for (auto const& [unit, o] : out) {
      for (auto const& c : o.alerts.alerts) {
        core::archive_writer w;
        w(c.alert);
        log.push_back(core::to_iso(c.at) + " " + std::string{core::to_text(c.what)} + " " + c.alert.rule + " " + c.alert.subject + " known " + core::to_iso(c.alert.known_at) +
                      std::string(c.alert.retrospective ? " retrospective" : "") + "\n" + w.take());
      }
      for (auto const& x : o.alerts.suppressed) log.push_back("suppressed " + x.rule + " " + x.device + " " + core::to_iso(x.at));
    }
  }
  void hear(core::raw_message const& m) {
    pipeline::site_outcomes out;
    p.hear(m, out);
    note(out);
  }
  void tick(core::time_point t) {
    pipeline::site_outcomes out;
    p.tick(t, out);
    note(out);
  }
  std::size_t count(std::string const& what) const {
    return static_cast<std::size_t>(std::count_if(log.begin(), log.end(), [&](auto const& l) { return l.find(what) != std::string::npos; }));
  }
};

// A stream in the order of event time: levels that wander, doors, pauses long enough for silence.
std::vector<core::raw_message> stream(std::mt19937& random, int records) {
  std::vector<core::raw_message> out;
  std::vector<double> level(gauges + 1, 3.2);
  std::vector<int> seq(gauges + 1, 0), quiet(gauges + 1, 0);
  double t = 1;
  for (int n = 0; n < records; ++n) {
    t += 0.5 + static_cast<double>(random() % 1000) / 500;
    auto const i = static_cast<int>(1 + random() % gauges);
    if (quiet[static_cast<std::size_t>(i)]-- > 0) continue;
    if (random() % 60 == 0) quiet[static_cast<std::size_t>(i)] = 12;
    auto& v = level[static_cast<std::size_t>(i)];
    if (random() % 4) v = std::clamp(v + (static_cast<double>(random() % 100) - 50) / 80, 1.0, 5.0);
    core::raw_message m;
    m.qos = 1;
    m.topic = "ioc/v1/03478/" + gauge(i) + "/telemetry";
    m.payload = "{\"ts\":" + std::to_string(core::to_ms(at(t))) + ",\"seq\":" + std::to_string(++seq[static_cast<std::size_t>(i)]) + ",\"values\":{\"water_level\":" + std::to_string(v) +
                (random() % 10 == 0 ? std::string(",\"door_open\":") + (random() % 2 ? "true" : "false") : "") + "}}";
    m.arrival = at(t);
    out.push_back(std::move(m));
  }
  return out;
}

std::vector<core::raw_message> shuffled(std::mt19937& random, std::vector<core::raw_message> const& in, double within) {
  std::vector<core::raw_message> out;
  auto const later = [&] { return core::from_seconds(within * static_cast<double>(random() % 1000) / 1000); };
  for (auto const& m : in) {
    auto one = m;
    one.arrival += later();
    out.push_back(one);
    if (random() % 8 == 0) {  // and once more
      one.arrival += later();
      one.dup = true;
      out.push_back(one);
    }
  }
  std::stable_sort(out.begin(), out.end(), [](auto const& a, auto const& b) { return a.arrival < b.arrival; });
  return out;
}

TEST(order, any_order_within_the_allowed_lateness_gives_the_same_alerts_to_the_byte) {
  auto const allowed = core::from_seconds(lateness);
  char const* const many = std::getenv("IOC_ORDER_SEEDS");
  unsigned const seeds = many ? static_cast<unsigned>(std::atoi(many)) : 20;
  std::map<std::string, std::size_t> raised;
  std::size_t different_without = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    std::mt19937 random{seed};
    auto const in = stream(random, 600);
    auto const mixed = shuffled(random, in, lateness * 0.99);
    server straight{allowed};
    for (auto const& m : in) straight.hear(m);
    straight.tick(in.back().arrival + 1h);
    auto broken = std::make_unique<server>(allowed);
    for (auto const& m : mixed) {
      if (random() % 3 == 0) broken->tick(m.arrival - core::from_seconds(0.001));
      broken->hear(m);
      if (random() % 40 == 0) {  // killed: a new process with the saved state
        auto next = std::make_unique<server>(allowed);
        next->p.restore(broken->p.save());
        next->log = std::move(broken->log);
        broken = std::move(next);
      }
    }
    broken->tick(in.back().arrival + 1h);
    for (std::size_t i = 0; i < std::min(straight.log.size(), broken->log.size()); ++i)
      ASSERT_TRUE(straight.log[i] == broken->log[i]) << "seed " << seed << ", line " << i << ":\n" << straight.log[i].substr(0, straight.log[i].find('\n')) << "\n" << broken->log[i].substr(0, broken->log[i].find('\n'));
    ASSERT_EQ(straight.log.size(), broken->log.size()) << "seed " << seed;
    for (auto const* rule : {"high", "sum", "rate", "flat", "off", "silent", "door", "several", "both"}) raised[rule] += straight.count(std::string(" raised ") + rule + " ");
    EXPECT_EQ(straight.count("retrospective"), 0u);
    // Without the wait the order matters: the stream is no soft one.
    server hasty{0s}, calm{0s};
    for (auto const& m : mixed) hasty.hear(m);
    for (auto const& m : in) calm.hear(m);
    different_without += hasty.log.size() != calm.log.size();
  }
  for (auto const& [rule, n] : raised) EXPECT_GT(n, seeds / 4) << rule;
  EXPECT_GT(different_without, seeds * 9 / 10);
}

// The alert stands at its own time, and is known when the wait is over: neither earlier nor later.
TEST(order, alarms_wait_as_long_as_their_source_and_keep_their_own_time) {
  server b{core::from_seconds(lateness)};
  auto const m = [&](double arrival, double t, double v, int seq) {
    core::raw_message x;
    x.topic = "ioc/v1/03478/WL-01/telemetry";
    x.payload = "{\"ts\":" + std::to_string(core::to_ms(at(t))) + ",\"seq\":" + std::to_string(seq) + ",\"values\":{\"water_level\":" + std::to_string(v) + "}}";
    x.arrival = at(arrival);
    return x;
  };
  b.hear(m(101, 100, 3.8, 1));
  b.hear(m(130, 125, 3.9, 3));
  b.hear(m(131, 110, 3.1, 2));  // the one between them came last: the water was not high all the time
  b.tick(at(160));
  EXPECT_EQ(b.count("raised high WL-01"), 0u);
  b.hear(m(161, 150, 3.9, 4));
  b.tick(at(174.9));
  EXPECT_EQ(b.count("raised high WL-01"), 0u);
  b.tick(at(175));  // 125 + hold 20 + wait 30
  EXPECT_EQ(b.count(core::to_iso(at(145)) + " raised high WL-01 known " + core::to_iso(at(175))), 1u);
}

// A clock that runs ahead does not make alarms wait for it.
TEST(order, a_clock_that_is_ahead_waits_from_its_arrival) {
  server b{core::from_seconds(lateness)};
  auto const m = [&](double arrival, double t, bool open, int seq) {
    core::raw_message x;
    x.topic = "ioc/v1/03478/WL-02/telemetry";
    x.payload = "{\"ts\":" + std::to_string(core::to_ms(at(t))) + ",\"seq\":" + std::to_string(seq) + ",\"values\":{\"door_open\":" + (open ? "true" : "false") + "}}";
    x.arrival = at(arrival);
    return x;
  };
  b.hear(m(100, 300, true, 2));
  b.hear(m(105, 295, false, 1));
  b.tick(at(130));
  EXPECT_EQ(b.count("raised door WL-02"), 1u);
  EXPECT_EQ(b.count("cleared door WL-02"), 0u);
}

// What comes later than that is history, as without any wait.
TEST(order, later_than_allowed_is_retrospective) {
  server b{core::from_seconds(lateness)};
  auto const m = [&](double arrival, double t, double v, int seq) {
    core::raw_message x;
    x.topic = "ioc/v1/03478/WL-03/telemetry";
    x.payload = "{\"ts\":" + std::to_string(core::to_ms(at(t))) + ",\"seq\":" + std::to_string(seq) + ",\"values\":{\"water_level\":" + std::to_string(v) + "}}";
    x.arrival = at(arrival);
    return x;
  };
  b.hear(m(500, 500, 1.5, 9));
  b.tick(at(531));
  for (int i = 0; i < 4; ++i) b.hear(m(540 + i, 400 + 10 * i, 4, i + 1));
  b.tick(at(600));
  ASSERT_EQ(b.count("raised high WL-03"), 1u);
  auto const raised = std::find_if(b.log.begin(), b.log.end(), [](auto const& l) { return l.find("raised high WL-03") != std::string::npos; });
  EXPECT_NE(raised->find(" retrospective\n"), std::string::npos);
}

}  // namespace
