#pragma once
#include "alert/engine.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ioc::alert::tests {

using namespace std::chrono_literals;

inline core::time_point at(double seconds) { return core::from_ms(1'800'000'000'000) + core::from_seconds(seconds); }

inline rule make(std::string id, rule_type type, std::vector<std::string> devices, std::string metric = "") {
  rule r;
  r.id = std::move(id);
  r.type = type;
  r.devices = std::move(devices);
  r.metric = std::move(metric);
  r.severity = core::severity::warning;
  return r;
}

inline core::device device(std::string id, std::string zone = "Z1", std::string parent = "") {
  core::device d;
  d.id = std::move(id);
  d.zone = std::move(zone);
  d.parent = std::move(parent);
  return d;
}

inline setup with(std::vector<rule> rules, std::vector<core::device> devices, core::policy policy = {}) {
  for (std::size_t i = 0; i < rules.size(); ++i) rules[i].order = static_cast<int>(i);
  return {"03478", std::move(devices), std::move(rules), std::move(policy), {{"level", "m"}}};
}

// Plays facts on a manual clock, firing what is due before each, and writes what happened as lines: "60 raised R D".
class bench {
 public:
  explicit bench(setup s) : engine(std::move(s), at(0)) {}

  void sample(double t, std::string const& d, std::string const& m, double v) {
    until(t);
    changes out;
    engine.sample(d, m, at(t), v, core::quality::good, at(t), out);
    engine.message(d, at(t));
    engine.judge(at(t), at(t), true, out);
    note(out);
  }
  void message(double t, std::string const& d) {
    until(t);
    changes out;
    engine.message(d, at(t));
    engine.judge(at(t), at(t), true, out);
    note(out);
  }
  void event(double t, std::string const& d, std::string const& name) {
    until(t);
    changes out;
    engine.event(d, name, at(t));
    engine.judge(at(t), at(t), true, out);
    note(out);
  }
  // Fires what is due strictly before t: a fact of the instant itself comes first.
  void until(double t) {
    changes out;
    for (auto due = engine.next_due(); due && *due < at(t); due = engine.next_due()) engine.judge(*due, *due, true, out);
    engine.limits(at(t) - 1us, out);
    note(out);
  }
  void tick(double t) {
    changes out;
    engine.advance(at(t), at(t), out);
    engine.limits(at(t), out);
    note(out);
  }
  void note(changes const& c) {
    for (auto const& x : c.alerts) {
      auto const seconds = core::to_seconds(x.at - at(0));
      auto text = core::to_json(core::value{seconds}) + " " + std::string{core::to_text(x.what)} + " " + x.alert.rule + " " + x.alert.subject;
      log.push_back(text);
    }
    for (auto const& x : c.suppressed) log.push_back(core::to_json(core::value{core::to_seconds(x.at - at(0))}) + " suppressed " + x.rule + " " + x.device);
  }
  core::alert const& only() const {
    EXPECT_EQ(engine.open().size(), 1u);
    return engine.open().begin()->second;
  }

  alert::engine engine;
  std::vector<std::string> log;
};

using lines = std::vector<std::string>;

}  // namespace ioc::alert::tests
