#include "app/ctl/compare.hpp"

#include <gtest/gtest.h>
#include <gmock/gmock.h>

#include <functional>

using namespace ioc;
using namespace ioc::ctl;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

// A small story and an outcome that fits it; each row below spoils one thing.
config::expectations expected() {
  config::expectations e;
  e.tolerance = seconds{2};
  e.alerts.push_back({"A1", "bd2", "WL-01", core::severity::danger, seconds{100}, seconds{500}, seconds{220}, seconds{110}, true});
  e.alerts.push_back({"A2", "ket", "WL-02", core::severity::notice, seconds{300}, std::nullopt, std::nullopt, std::nullopt, true});
  e.suppressed.push_back({"stale", "CAM-1", seconds{50}, "A1"});
  e.recommendations.push_back({"P1", "A1", "pb", "duty_officer", seconds{100}, seconds{105}});
  config::expect::command c;
  c.id = "C1";
  c.rec = "P1";
  c.name = "speaker.broadcast";
  c.targets = {"LS-01", "LS-02", "LS-03"};
  c.args = {{"level", 50.0}};
  c.source = "approved";
  c.not_before = seconds{120};
  c.issue_by = seconds{125};
  c.result = {{"LS-01", "succeeded"}, {"LS-02", "failed"}, {"LS-03", "offline"}};
  c.attempts = {{"LS-02", 3}};
  c.final_by = seconds{180};
  e.commands.push_back(c);
  e.tasks.push_back({"T1", "P1", "village_head", "báo trực tiếp", seconds{165}, seconds{170}});
  e.refused.push_back({seconds{110}, "duty_officer", "approve", "P1"});
  e.final.active = std::vector<std::string>{"A2"};
  e.final.province_alert_count = 1;
  e.final.incident_count = 1;
  e.final.coverage_pct["B1"] = {62.5, 100.0};
  return e;
}

played outcome() {
  played g;
  g.alerts.push_back({"A1", "bd2", "WL-01", core::severity::danger, true, seconds{100}, seconds{500}, seconds{220}, seconds{100}, {"WL-01"}});
  g.alerts.push_back({"A2", "ket", "WL-02", core::severity::notice, true, seconds{300}, std::nullopt, std::nullopt, std::nullopt, {"WL-02"}});
  g.suppressed.push_back({"stale", "CAM-1", seconds{50}, "A1"});
  g.recommendations.push_back({"P1", "A1", "pb", "duty_officer", seconds{100}});
  played::command c;
  c.id = "C1";
  c.rec = "P1";
  c.name = "speaker.broadcast";
  c.args = {{"level", 50.0}};
  c.source = "approved";
  c.t = seconds{120};
  c.targets = {{"LS-01", "succeeded", 1, seconds{123}}, {"LS-02", "failed", 3, seconds{165}}, {"LS-03", "offline", 0, seconds{120}}};
  g.commands.push_back(c);
  g.tasks.push_back({"T1", "P1", "village_head", "báo trực tiếp", seconds{165}});
  g.refused.push_back({seconds{110}, "duty_officer", "approve", "P1"});
  g.forwards.push_back({"A1", seconds{100}});
  for (auto const t : {120, 135, 150}) g.sends.push_back({seconds{t}, "speaker.broadcast", "LS-02", "approved", {{"level", 50.0}}});
  g.sends.push_back({seconds{120}, "speaker.broadcast", "LS-01", "approved", {{"level", 50.0}}});
  g.coverage_pct["B1"] = {62.5, 100.0};
  g.incident_count = 1;
  return g;
}

TEST(compare, an_outcome_that_fits_has_no_difference) { EXPECT_THAT(compare(expected(), outcome()), IsEmpty()); }

struct spoiled {
  char const* name;
  std::function<void(played&)> spoil;
  char const* says;  // part of the one difference
};

class one_difference : public testing::TestWithParam<spoiled> {};

TEST_P(one_difference, is_told) {
  auto g = outcome();
  GetParam().spoil(g);
  EXPECT_THAT(compare(expected(), g), ElementsAre(HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    rows, one_difference,
    testing::Values(
        spoiled{"raised_too_late", [](played& g) { g.alerts[0].raise = seconds{103}; }, "raise_t is 103, expected 100 within 2"},
        spoiled{"severity", [](played& g) { g.alerts[0].severity = core::severity::warning; }, "severity is \"warning\""},
        spoiled{"unverified", [](played& g) { g.alerts[0].verified = false; }, "verified is \"false\""},
        spoiled{"not_escalated", [](played& g) { g.alerts[0].escalate.reset(); }, "escalate_t is none, expected 220"},
        spoiled{"escalated_unexpectedly", [](played& g) { g.alerts[1].escalate = seconds{400}; }, "escalate_t is 400, expected none"},
        spoiled{"forwarded_late", [](played& g) { g.alerts[0].forward = seconds{111}; }, "reached the province at 111, expected by 110"},
        spoiled{"suppression_by_another", [](played& g) { g.suppressed.clear(); }, "suppressed stale on CAM-1 at 50 by A1 is missing"},
        spoiled{"additional_suppression", [](played& g) { g.suppressed.push_back({"stale", "CAM-2", seconds{50}, "A1"}); }, "CAM-2 at 50 by A1 is additional"},
        spoiled{"recommended_a_moment_early", [](played& g) { g.recommendations[0].t = seconds{100} - milliseconds{1}; }, "expected from 100 to 105"},
        spoiled{"another_approver", [](played& g) { g.recommendations[0].approver = "commune_leader"; }, "approver is"},
        spoiled{"result", [](played& g) { g.commands[0].targets[1].result = "succeeded"; }, "command C1 to LS-02: result is \"succeeded\", expected \"failed\""},
        spoiled{"attempts", [](played& g) { g.commands[0].targets[1].attempts = 2; }, "command C1 to LS-02: 2 attempts, expected 3"},
        spoiled{"attempt_at_offline", [](played& g) { g.commands[0].targets[2].attempts = 1; }, "command C1 to LS-03: 1 attempts, expected 0"},
        spoiled{"args", [](played& g) { g.commands[0].args["level"] = 60.0; }, "args are {\"level\":60}"},
        spoiled{"issued_late", [](played& g) { g.commands[0].t = seconds{126}; }, "command C1: came at 126"},
        spoiled{"final_late", [](played& g) { g.commands[0].targets[1].final_at = seconds{181}; }, "final at 181, expected by 180"},
        spoiled{"never_final", [](played& g) { g.commands[0].targets[1].final_at.reset(); }, "final at none"},
        spoiled{"no_task", [](played& g) { g.tasks.clear(); }, "task T1 (village_head: báo trực tiếp) is missing"},
        spoiled{"additional_task", [](played& g) { g.tasks.push_back({"T2", "P1", "x", "y", seconds{1}}); }, "task T2 (x: y) is additional"},
        spoiled{"nothing_refused", [](played& g) { g.refused.clear(); }, "the refusal of approve P1 by duty_officer at 110 is missing"},
        spoiled{"incidents", [](played& g) { g.incident_count = 2; }, "2 incidents, expected 1"},
        spoiled{"no_incidents_kept", [](played& g) { g.incident_count.reset(); }, "incidents are not kept"},
        spoiled{"coverage", [](played& g) { g.coverage_pct["B1"].last = 87.5; }, "coverage of B1, final is 87.5, expected 100"},
        spoiled{"players_note", [](played& g) { g.notes.push_back("operator entry: P9 does not exist"); }, "P9 does not exist"}),
    [](auto const& param) { return std::string(param.param.name); });

TEST(compare, an_additional_alert_differs_also_at_the_end) {
  auto g = outcome();
  g.alerts.push_back({"A3", "bd3", "WL-01", core::severity::emergency, true, seconds{600}, std::nullopt, std::nullopt, std::nullopt, {}});
  EXPECT_THAT(compare(expected(), g), ElementsAre(HasSubstr("alert A3 (bd3 on WL-01 at 600) is additional"), HasSubstr("active alerts are [A2, A3]")));
}

TEST(compare, within_tolerance_is_the_same) {
  auto g = outcome();
  g.alerts[0].raise += seconds{2};
  g.alerts[0].clear = seconds{498};
  g.refused[0].t = seconds{112};
  EXPECT_THAT(compare(expected(), g), IsEmpty());
}

config::expect::must_not never(config::expect::check_kind check, std::map<std::string, std::vector<std::string>> filters = {}) {
  config::expect::must_not m;
  m.check = check;
  m.filters = std::move(filters);
  m.note = "never";
  return m;
}

std::vector<std::string> with(config::expect::must_not m, played const& g = outcome()) {
  auto e = expected();
  e.must_not = {std::move(m)};
  return compare(e, g);
}

TEST(must_not, filters_and_times) {
  using enum config::expect::check_kind;
  EXPECT_THAT(with(never(raise, {{"rule", {"bd3", "bd2"}}})), ElementsAre(HasSubstr("must not raise (never): A1")));
  EXPECT_THAT(with(never(raise, {{"rule", {"bd2"}}, {"device", {"WL-02"}}})), IsEmpty());
  EXPECT_EQ(with(never(send)).size(), 4u);
  EXPECT_EQ(with(never(send, {{"command", {"speaker.*"}}, {"target", {"LS-02"}}})).size(), 3u);
  EXPECT_THAT(with(never(send, {{"source", {"auto"}}})), IsEmpty());
  EXPECT_THAT(with(never(result, {{"result", {"failed"}}})), ElementsAre(HasSubstr("C1 to LS-02 failed at 165")));
  EXPECT_THAT(with(never(forward, {{"alert", {"A1"}}})), ElementsAre(HasSubstr("A1 at 100")));
  EXPECT_THAT(with(never(recommend, {{"for", {"A1"}}})), ElementsAre(HasSubstr("P1")));
  EXPECT_THAT(with(never(always)), IsEmpty());
  EXPECT_THAT(with(never(review)), IsEmpty());

  // from_t is included, before_t is not.
  auto m = never(send, {{"target", {"LS-02"}}});
  m.from = seconds{135};
  m.before = seconds{150};
  EXPECT_THAT(with(m), ElementsAre(HasSubstr("at 135")));

  m = never(send, {{"target", {"LS-01"}}});
  m.except_args = core::arguments{{"level", 50.0}};
  EXPECT_THAT(with(m), IsEmpty());
  m.except_args = core::arguments{{"level", 60.0}};
  EXPECT_EQ(with(m).size(), 1u);

  m = never(raise);
  m.verified = false;
  EXPECT_THAT(with(m), IsEmpty());
}

TEST(must_not, evidence_of_others_while_an_alert_is_active) {
  auto m = never(config::expect::check_kind::evidence, {{"device", {"WL-02"}}});
  m.while_active = "A1";  // active from 100 to 500, A2 is raised at 300 and rests on WL-02
  EXPECT_THAT(with(m), ElementsAre(HasSubstr("A2 rests on WL-02")));
  m.while_active = "A2";  // A1 came before
  m.filters["device"] = {"WL-01"};
  EXPECT_THAT(with(m), IsEmpty());
}

TEST(fits, star_stands_for_any_text) {
  EXPECT_TRUE(fits("speaker.*", "speaker.broadcast"));
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("a*c*e", "abcde"));
  EXPECT_FALSE(fits("speaker.*", "siren.on"));
  EXPECT_FALSE(fits("a*c", "abcd"));
  EXPECT_FALSE(fits("speaker", "speaker.on"));
}

}  // namespace
