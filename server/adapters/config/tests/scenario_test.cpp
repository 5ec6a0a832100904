#include "adapters/config/load.hpp"
#include "perceive/metric_table.hpp"

#include <gtest/gtest.h>

#include <filesystem>

using namespace ioc;
using std::chrono::seconds;

namespace {

std::string story(std::string const& name) { return std::string(IOC_SOURCE_DIR) + "/tests/scenarios/" + name + ".yaml"; }

alert::rule const& rule_of(config::scenario const& s, std::string const& id) {
  for (auto const& r : s.config.rules)
    if (r.id == id) return r;
  throw std::out_of_range(id);
}

struct counts {
  char const* name;
  char const* unit;
  std::size_t devices, rules, playbooks, timeline, alerts, recommendations, commands, tasks, must_not;
};

class stories : public testing::TestWithParam<counts> {};

TEST_P(stories, are_read_whole) {
  auto const& p = GetParam();
  auto const s = config::load_scenario(story(p.name));
  EXPECT_EQ(s.id, p.name);
  EXPECT_EQ(s.config.unit.code, p.unit);
  EXPECT_EQ(s.config.devices.size(), p.devices);
  EXPECT_EQ(s.config.rules.size(), p.rules);
  EXPECT_EQ(s.config.playbooks.size(), p.playbooks);
  EXPECT_EQ(s.timeline.size(), p.timeline);
  EXPECT_EQ(s.expected.alerts.size(), p.alerts);
  EXPECT_EQ(s.expected.recommendations.size(), p.recommendations);
  EXPECT_EQ(s.expected.commands.size(), p.commands);
  EXPECT_EQ(s.expected.tasks.size(), p.tasks);
  EXPECT_EQ(s.expected.must_not.size(), p.must_not);
  EXPECT_EQ(s.expected.tolerance, seconds{2});
  for (std::size_t i = 0; i < s.config.rules.size(); ++i) EXPECT_EQ(s.config.rules[i].order, static_cast<int>(i));
}

// Counted by hand in the files.
INSTANTIATE_TEST_SUITE_P(six, stories,
                         testing::Values(counts{"s1-flash-flood-night", "03478", 8, 9, 2, 27, 9, 2, 5, 2, 5}, counts{"s2-transformer-overload", "09367", 5, 8, 2, 18, 7, 2, 2, 1, 4},
                                         counts{"s3-loudspeaker-outage", "21548", 9, 4, 2, 28, 6, 2, 3, 1, 3}, counts{"s4-crowd-at-market", "20551", 3, 5, 2, 14, 5, 2, 3, 1, 4},
                                         counts{"s5-smoke-cultural-house", "20623", 7, 6, 1, 20, 7, 1, 5, 1, 5}, counts{"s7-camera-sabotage", "18775", 10, 5, 2, 32, 7, 2, 3, 2, 4}));

TEST(scenario, s1_in_detail) {
  auto const s = config::load_scenario(story("s1-flash-flood-night"));
  EXPECT_EQ(core::to_iso(s.t0), "2027-07-24T15:00:00.000Z");
  EXPECT_EQ(s.duration, seconds{14400});
  EXPECT_EQ(s.province, "12");
  ASSERT_EQ(s.config.unit.zones.size(), 2u);
  EXPECT_EQ(s.config.unit.zones[0].id, "Z1");

  auto const& bd3 = rule_of(s, "muc-nuoc-bd3");
  EXPECT_EQ(bd3.type, alert::rule_type::threshold);
  EXPECT_EQ(bd3.metric, "level");
  EXPECT_EQ(bd3.op, core::comparison::ge);
  EXPECT_EQ(bd3.value, 3.5);
  EXPECT_EQ(bd3.severity, core::severity::emergency);
  ASSERT_TRUE(bd3.clear);
  EXPECT_EQ(bd3.clear->op, core::comparison::lt);
  EXPECT_EQ(bd3.clear->value, 3.3);
  EXPECT_EQ(bd3.clear->hold, seconds{600});
  auto const& stuck = rule_of(s, "cam-bien-ket");
  EXPECT_EQ(stuck.devices, (std::vector<std::string>{"WL-01", "WL-02"}));
  EXPECT_EQ(stuck.window, seconds{1800});
  EXPECT_EQ(stuck.min_samples, 6);
  EXPECT_EQ(rule_of(s, "nguy-co-lu-quet").all_of, (std::vector<std::string>{"mua-1h-50", "nuoc-len-nhanh"}));
  EXPECT_EQ(rule_of(s, "nguy-co-lu-quet").within, seconds{3600});

  auto const& p = s.config.policy;
  EXPECT_EQ(p.ack_limit.at(core::severity::emergency), seconds{60});
  EXPECT_FALSE(p.ack_limit.contains(core::severity::notice));
  EXPECT_EQ(p.forward_to_province, (std::set<core::severity>{core::severity::danger, core::severity::emergency}));
  ASSERT_TRUE(p.quiet);
  EXPECT_TRUE(p.quiet->contains(s.t0 + seconds{1800}));  // 22:30 local
  EXPECT_TRUE(p.delegated_to_duty_officer.contains("pb-canh-bao-lu-quet"));

  auto const& book = s.config.playbooks[0];
  EXPECT_EQ(book.rule, "nguy-co-lu-quet");
  EXPECT_EQ(book.approver, "commune_leader");
  ASSERT_EQ(book.steps.size(), 4u);
  EXPECT_EQ(book.steps[0].targets.size(), 3u);
  ASSERT_TRUE(book.steps[0].on_failure);
  EXPECT_EQ(book.steps[0].on_failure->assignee, "village_head");
  EXPECT_TRUE(s.config.playbooks[1].steps[0].automatic);

  auto const& rain = std::get<config::entry::series>(s.timeline[2]);
  EXPECT_EQ(rain.device, "RG-01");
  EXPECT_EQ(rain.step, seconds{600});
  ASSERT_EQ(rain.values.size(), 25u);
  EXPECT_EQ(rain.values[7], 15.2);
  auto const& plan = std::get<config::entry::schedule>(s.timeline[5]);
  EXPECT_EQ(plan.at, seconds{1800});
  auto const& last = std::get<config::entry::operator_input>(s.timeline.back());
  EXPECT_EQ(last.role, "commune_leader");
  EXPECT_EQ(last.action, config::entry::operator_action::approve);
  EXPECT_EQ(last.ref, "P2");

  EXPECT_FALSE(s.expected.alerts[3].clear);
  EXPECT_EQ(s.expected.alerts[6].escalate, seconds{5820});
  EXPECT_EQ(s.expected.commands[1].attempts.at("LS-03"), 3);
  EXPECT_EQ(s.expected.commands[0].rec, "");
  EXPECT_EQ(s.expected.final.active, (std::vector<std::string>{"A4", "A8"}));
  EXPECT_EQ(s.expected.final.province_alert_count, 4);
  EXPECT_FALSE(s.expected.final.incident_count);
  EXPECT_EQ(s.expected.must_not[3].while_active, "A4");
}

TEST(scenario, the_rest_of_the_grammar) {
  auto const s3 = config::load_scenario(story("s3-loudspeaker-outage"));
  auto const& before = rule_of(s3, "loa-mat-truoc-gio-phat");
  ASSERT_TRUE(before.requires_broadcast);
  EXPECT_EQ(before.requires_broadcast->priority, "emergency");
  EXPECT_EQ(before.requires_broadcast->within, seconds{3600});
  EXPECT_TRUE(s3.config.playbooks[1].needs->targets_online);
  EXPECT_TRUE(s3.config.playbooks[1].steps[0].targets_missed);
  EXPECT_EQ(s3.expected.final.coverage_pct.at("B1").first_pass, 62.5);
  EXPECT_EQ(s3.expected.must_not[0].filters.at("command"), (std::vector<std::string>{"speaker.*"}));

  auto const s5 = config::load_scenario(story("s5-smoke-cultural-house"));
  EXPECT_TRUE(rule_of(s5, "chay-xac-nhan").latch);
  EXPECT_EQ(std::get<std::string>(s5.config.playbooks[0].steps[0].args.at("circuit_group")), "non_essential");
  EXPECT_EQ(s5.config.policy.auto_commands[0], "power.cut_circuit:non_essential");
  EXPECT_EQ(std::get<std::string>(s5.expected.must_not[3].except_args->at("circuit_group")), "non_essential");

  auto const s7 = config::load_scenario(story("s7-camera-sabotage"));
  EXPECT_TRUE(s7.config.policy.dependency_suppression);
  EXPECT_EQ(s7.config.devices[5].parent, "SW-03");
  EXPECT_EQ(rule_of(s7, "nghi-pha-hoai").of.size(), 3u);
  EXPECT_EQ(s7.expected.suppressed.size(), 5u);
  EXPECT_EQ(s7.expected.recommendations[1].approver, "");
}

TEST(scenario, aliases_become_canonical_with_a_table) {
  perceive::metric_info level, voltage;
  level.name = "water_level";
  level.unit = "m";
  level.aliases = {"level"};
  voltage.name = "rainfall_amount";
  voltage.unit = "mm";
  voltage.aliases = {"rain_mm"};
  perceive::metric_table const table({level, voltage});
  auto const s = config::load_scenario(story("s1-flash-flood-night"), &table);
  EXPECT_EQ(rule_of(s, "muc-nuoc-bd3").metric, "water_level");
  EXPECT_EQ(std::get<config::entry::series>(s.timeline[2]).metric, "rainfall_amount");
  EXPECT_EQ(s.config.units_of_measure.at("water_level"), "m");
  // The other stories use metrics that this small table does not have.
  EXPECT_THROW(config::load_scenario(story("s2-transformer-overload"), &table), config::config_error);
}

}  // namespace
