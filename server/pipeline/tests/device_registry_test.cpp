#include "pipeline/pipeline.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using namespace ioc::pipeline;
using namespace std::chrono_literals;

namespace {

core::time_point at(double s) { return core::from_ms(1'800'000'000'000) + core::from_seconds(s); }

core::device device(std::string id, std::string type = "water_level_gauge") {
  core::device d;
  d.unit = "03478";
  d.id = std::move(id);
  d.name = {"Trạm " + d.id, d.id};
  d.type = std::move(type);
  return d;
}

registry_change put(core::device d) { return {change_kind::put, std::move(d), false, {}}; }
registry_change wish(change_kind k, std::string id) { return {k, device(std::move(id)), false, {}}; }

// A commune with one gauge of the configuration, and a rule for every gauge.
unit_config commune() {
  unit_config c;
  c.unit.code = "03478";
  c.unit.zones = {{"Z1", {"ven suối", "streamside"}}};
  c.devices = {device("WL-01")};
  alert::rule high;
  high.id = "high";
  high.select = alert::selector{"water_level_gauge", "", ""};
  high.devices = {"WL-01"};
  high.metric = "water_level";
  high.value = 3.5;
  high.severity = core::severity::danger;
  alert::rule silent = high;
  silent.id = "silent";
  silent.type = alert::rule_type::stale;
  silent.timeout = 60s;
  silent.order = 1;
  c.rules = {high, silent};
  return c;
}

std::shared_ptr<perceive::catalogue const> catalogue(unit_config const& c) {
  perceive::source_info native;
  native.name = native.decoder = "native";
  native.filters = {"ioc/v1/+/+/+"};
  perceive::metric_info level;
  level.name = "water_level";
  level.unit = "m";
  perceive::device_model gauge;
  gauge.key = "gauge";
  gauge.type = "water_level_gauge";
  return std::make_shared<perceive::catalogue const>(perceive::catalogue::make({level}, {native}, {gauge}, {c.unit}, c.devices));
}

struct book {
  unit_config base = commune();
  device_registry r{{base}};
  device_registry::model_map models = catalogue(base)->models;
  std::vector<change_result> apply(std::vector<registry_change> const& w, bool all = false) { return r.apply(w, all, models, "quantri", at(0)); }
};

TEST(device_registry, adds_changes_withdraws_and_goes_back) {
  book b;
  auto moved = device("WL-01");
  moved.zone = "Z1";
  EXPECT_EQ(b.apply({put(moved)})[0].outcome, change_outcome::changed);
  EXPECT_EQ(b.apply({put(moved)})[0].outcome, change_outcome::unchanged);
  EXPECT_EQ(b.r.find({"03478", "WL-01"})->zone, "Z1");
  EXPECT_EQ(b.r.entry({"03478", "WL-01"})->changed_by, "quantri");
  EXPECT_EQ(b.apply({wish(change_kind::revert, "WL-01")})[0].outcome, change_outcome::changed);
  EXPECT_EQ(b.r.find({"03478", "WL-01"})->zone, "");
  EXPECT_EQ(b.r.entry({"03478", "WL-01"}), nullptr) << "as the configuration has it: nothing to remember";

  EXPECT_EQ(b.apply({wish(change_kind::withdraw, "WL-01")})[0].outcome, change_outcome::changed);
  EXPECT_EQ(b.r.find({"03478", "WL-01"}), nullptr);
  EXPECT_TRUE(b.r.entry({"03478", "WL-01"})->withdrawn);
  EXPECT_EQ(b.apply({wish(change_kind::revert, "WL-01")})[0].outcome, change_outcome::changed);
  EXPECT_NE(b.r.find({"03478", "WL-01"}), nullptr);

  auto typed = device("WL-02", "");
  typed.model = "gauge";
  EXPECT_EQ(b.apply({put(typed)})[0].outcome, change_outcome::created);
  EXPECT_EQ(b.r.find({"03478", "WL-02"})->type, "water_level_gauge") << "from its model";
  EXPECT_EQ(b.apply({wish(change_kind::withdraw, "WL-02")})[0].outcome, change_outcome::changed);
  EXPECT_EQ(b.r.entry({"03478", "WL-02"}), nullptr);
  EXPECT_EQ(b.apply({wish(change_kind::withdraw, "WL-02")})[0].reason, "the device is not registered");
}

TEST(device_registry, refuses_with_the_reason) {
  book b;
  auto const why = [&](core::device d) { return b.apply({put(std::move(d))})[0].reason; };
  auto d = device("X-1");
  d.unit = "99999";
  EXPECT_EQ(why(d), "there is no commune 99999");
  EXPECT_NE(why(device("x y")).find("no device name"), std::string::npos);
  EXPECT_NE(why(device("..")).find("no device name"), std::string::npos);
  auto nameless = device("X-3");
  nameless.name.vi = " \t\xc2\xa0 ";
  EXPECT_EQ(why(nameless), "name is missing");
  d = device("X-1");
  d.zone = "Z9";
  EXPECT_EQ(why(d), "the unit has no zone \"Z9\"");
  d = device("X-1");
  d.model = "none";
  EXPECT_EQ(why(d), "there is no model \"none\"");
  EXPECT_NE(why(device("X-1", "")).find("type is missing"), std::string::npos);
  d = device("X-1");
  d.parent = "SW";
  EXPECT_EQ(why(d), "its parent \"SW\" is no device of the unit");
  EXPECT_EQ(b.r.find({"03478", "X-1"}), nullptr);
  d = device("X-1");
  d.native = "AABB";
  EXPECT_EQ(why(d), "");
  auto twin = device("X-2");
  twin.natives = {"aabb"};
  EXPECT_EQ(why(twin), "the native name \"aabb\" belongs to X-1");
  auto only_new = put(device("X-1"));
  only_new.only_new = true;
  EXPECT_EQ(b.apply({only_new})[0].reason, "the device is registered already");
}

TEST(device_registry, lets_a_parent_stand_below_its_children_in_a_file) {
  book b;
  auto child = device("CAM-1", "camera"), parent = device("SW-1", "switch"), orphan = device("CAM-2", "camera"), below = device("CAM-3", "camera");
  child.parent = "SW-1";
  orphan.parent = "SW-9";
  below.parent = "CAM-2";
  auto const out = b.apply({put(child), put(parent), put(orphan), put(below)});
  EXPECT_EQ(out[0].outcome, change_outcome::created);
  EXPECT_EQ(out[1].outcome, change_outcome::created);
  EXPECT_EQ(out[2].outcome, change_outcome::refused);
  EXPECT_EQ(out[3].outcome, change_outcome::refused) << "hangs on one that was refused";
  EXPECT_EQ(b.apply({wish(change_kind::withdraw, "SW-1")})[0].reason, "it is the parent of CAM-1");
  parent.parent = "CAM-1";
  EXPECT_NE(b.apply({put(parent)})[0].reason.find("hangs on the device itself"), std::string::npos);
  EXPECT_EQ(b.r.find({"03478", "SW-1"})->parent, "");
}

TEST(device_registry, all_or_nothing_leaves_nothing) {
  book b;
  auto const out = b.apply({put(device("A")), put(device("b c")), wish(change_kind::withdraw, "WL-01")}, true);
  EXPECT_EQ(out[0].outcome, change_outcome::created) << "what would have been";
  EXPECT_EQ(out[1].outcome, change_outcome::refused);
  EXPECT_EQ(b.r.find({"03478", "A"}), nullptr);
  EXPECT_NE(b.r.find({"03478", "WL-01"}), nullptr);
  EXPECT_TRUE(b.r.entries().empty());
}

TEST(device_registry, sets_aside_what_a_new_configuration_does_not_take) {
  book b;
  auto placed = device("A"), plain = device("B");
  placed.zone = "Z1";
  b.apply({put(placed), put(plain), wish(change_kind::withdraw, "WL-01")});
  auto changed = commune();
  changed.unit.zones.clear();
  device_registry later({changed});
  auto const aside = later.restore(b.r.entries(), b.models);
  ASSERT_EQ(aside.size(), 1u);
  EXPECT_NE(aside[0].find("03478/A"), std::string::npos);
  EXPECT_EQ(later.find({"03478", "A"}), nullptr);
  EXPECT_NE(later.find({"03478", "B"}), nullptr);
  EXPECT_EQ(later.find({"03478", "WL-01"}), nullptr);
  EXPECT_EQ(later.entries().size(), 3u) << "kept: the zone may come back";
}

// ---------------------------------------------------------------- in the running machine

core::raw_message level(std::string const& id, double t, double v, int seq) {
  core::raw_message m;
  m.topic = "ioc/v1/03478/" + id + "/telemetry";
  m.payload = "{\"ts\":" + std::to_string(core::to_ms(at(t))) + ",\"seq\":" + std::to_string(seq) + ",\"values\":{\"water_level\":" + std::to_string(v) + "}}";
  m.arrival = at(t);
  return m;
}

operation change(double t, std::vector<registry_change> wishes) {
  operation op;
  op.kind = operation_kind::change_registry;
  op.by = "quantri";
  op.unit = "03478";
  op.changes = std::move(wishes);
  op.at = at(t);
  return op;
}

TEST(pipeline, judges_a_device_from_its_registration_to_its_withdrawal) {
  auto const base = commune();
  ioc::pipeline::pipeline p(catalogue(base), {base}, at(0));
  auto const& rules = p.unit("03478")->alerts();
  site_outcomes out;
  p.hear(level("WL-01", 1, 4.0, 1), out);
  ASSERT_EQ(rules.open().size(), 1u);
  auto const running = rules.open().begin()->first;
  p.hear(level("WL-09", 2, 9.0, 1), out);
  EXPECT_EQ(rules.open().size(), 1u) << "unclaimed: stored, not judged";

  ASSERT_EQ(p.change(change(50, {put(device("WL-09"))}), out)[0].outcome, change_outcome::created);
  EXPECT_EQ(rules.open().begin()->first, running) << "what runs keeps its identity";
  EXPECT_TRUE(p.ears().unclaimed("03478").empty());
  p.hear(level("WL-01", 55, 4.0, 2), out);
  EXPECT_EQ(p.unit("03478")->config().devices.size(), 2u);
  p.tick(at(105), out);
  EXPECT_EQ(rules.active("silent", "WL-09"), nullptr) << "its silence counts from its registration";
  p.hear(level("WL-09", 106, 9.0, 2), out);
  ASSERT_NE(rules.active("high", "WL-09"), nullptr);

  auto const saved = p.save();
  ioc::pipeline::pipeline again(catalogue(base), {base}, at(0));
  again.restore(saved);
  EXPECT_EQ(again.save(), saved);
  EXPECT_NE(again.devices().find({"03478", "WL-09"}), nullptr);

  for (auto* machine : {&p, &again}) {
    site_outcomes now;
    ASSERT_EQ(machine->change(change(110, {wish(change_kind::withdraw, "WL-09")}), now)[0].outcome, change_outcome::changed);
    bool closed = false;
    for (auto const& [code, o] : now)
      for (auto const& c : o.alerts.alerts) closed = closed || (c.alert.device == "WL-09" && c.alert.close_reason == "device withdrawn");
    EXPECT_TRUE(closed);
    EXPECT_EQ(machine->unit("03478")->alerts().active("high", "WL-09"), nullptr);
    EXPECT_NE(machine->unit("03478")->alerts().find(running), nullptr);
  }
  EXPECT_EQ(p.save(), again.save()) << "a replay comes to the same state";
}

}  // namespace
