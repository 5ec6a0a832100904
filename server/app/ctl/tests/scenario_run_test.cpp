#include "adapters/config/load.hpp"
#include "app/ctl/compare.hpp"
#include "app/ctl/player.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace ioc;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::string story_file(std::string const& name) { return std::string(IOC_SOURCE_DIR) + "/tests/scenarios/" + name + ".yaml"; }

class story : public testing::TestWithParam<char const*> {};

TEST_P(story, comes_out_as_it_expects) {
  auto const s = config::load_scenario(story_file(GetParam()));
  EXPECT_THAT(ctl::compare(s.expected, ctl::play(s)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(six, story,
                         testing::Values("s1-flash-flood-night", "s2-transformer-overload", "s3-loudspeaker-outage", "s4-crowd-at-market", "s5-smoke-cultural-house", "s7-camera-sabotage"));

// The comparison sees a changed story: nothing passes by looking away.
TEST(story, with_another_threshold_differs) {
  auto s = config::load_scenario(story_file("s1-flash-flood-night"));
  for (auto& r : s.config.rules)
    if (r.id == "muc-nuoc-bd3") r.value = 3.7;
  EXPECT_THAT(ctl::compare(s.expected, ctl::play(s)), Not(IsEmpty()));
}

TEST(story, played_twice_is_the_same) {
  auto const s = config::load_scenario(story_file("s7-camera-sabotage"));
  auto const a = ctl::play(s), b = ctl::play(s);
  ASSERT_EQ(a.alerts.size(), b.alerts.size());
  for (std::size_t i = 0; i < a.alerts.size(); ++i) EXPECT_EQ(a.alerts[i].raise, b.alerts[i].raise);
  EXPECT_EQ(a.sends.size(), b.sends.size());
}

// A small story of a gate, written out, so that effects, interlocks and command_verify are seen to work together.
class gate : public testing::Test {
 protected:
  config::scenario load(std::string const& policy_more, std::string const& timeline) {
    auto pattern = (std::filesystem::temp_directory_path() / "ioc-gate-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    auto const file = pattern + "/gate.yaml";
    std::ofstream(file) << R"(schema: ioc-scenario/1
id: gate
title_vi: cống
title_en: gate
season: mùa khô
unit: {code: "03478", name_vi: Xã, province_code: "12"}
t0: '2027-03-01T08:00:00+07:00'
duration_s: 400
policy:
  ack_sla_s: {}
  escalate_to: commune_leader
  forward_to_province: []
  forward_within_s: 10
  backlog_within_s: 60
  command_timeout_s: 15
  command_retries: 2
  quiet_hours: {from: '21:00', to: '05:00'}
  delegated_to_duty_officer: [pb-dong]
  auto_commands: []
)" << policy_more << R"(
devices:
  - {id: SAL-1, type: salinity_meter, zone: Z1}
  - {id: GATE-1, type: gate, zone: Z1}
rules:
  - {id: man-4, type: threshold, devices: [SAL-1], metric: salinity, op: ge, value: 4, severity: danger, clear: {op: lt, value: 3}}
  - {id: cong-ket, type: command_verify, command: gate.close, metric: pos, op: le, value: 0, within_s: 60, severity: warning}
playbooks:
  - id: pb-dong
    for: man-4
    approver: commune_leader
    steps: [{do: command, command: gate.close, targets: [GATE-1], on_failure: {assignee: technician, text_vi: '{target}: {reason}'}}]
timeline:
  - {kind: telemetry, t: 0, device: GATE-1, metric: pos, value: 100}
  - {kind: telemetry, t: 10, device: SAL-1, metric: salinity, value: 4.5}
  - {kind: operator, t: 20, role: duty_officer, action: approve, ref: P1}
)" << timeline << "expected: {tol_s: 0}\n";
    auto s = config::load_scenario(file);
    std::filesystem::remove_all(pattern);
    return s;
  }
};

TEST_F(gate, that_moves_in_time_has_succeeded_when_it_is_shut) {
  auto const g = ctl::play(load("", "  - {kind: device_reply, command: gate.close, target: GATE-1, result: ok, after_s: 5, effect: {metric: pos, ramp_to: 0, over_s: 35}}\n"));
  ASSERT_EQ(g.commands.size(), 1u);
  EXPECT_EQ(g.commands[0].targets[0].result, "succeeded");
  EXPECT_EQ(g.commands[0].targets[0].final_at, seconds{60});  // approved at 20, answer at 25, shut at 25 + 35
  EXPECT_EQ(g.alerts.size(), 1u);
  EXPECT_THAT(g.notes, IsEmpty());
}

TEST_F(gate, that_moves_too_slowly_is_not_reached_until_it_is) {
  auto const g = ctl::play(load("", "  - {kind: device_reply, command: gate.close, target: GATE-1, result: ok, after_s: 5, effect: {metric: pos, ramp_to: 0, over_s: 100}}\n"));
  ASSERT_EQ(g.commands.size(), 1u);
  EXPECT_EQ(g.commands[0].targets[0].result, "not_reached");
  EXPECT_EQ(g.commands[0].targets[0].final_at, seconds{80});
  ASSERT_EQ(g.alerts.size(), 2u);
  EXPECT_EQ(g.alerts[1].rule, "cong-ket");
  EXPECT_EQ(g.alerts[1].subject, "GATE-1");
  EXPECT_EQ(g.alerts[1].raise, seconds{80});
  EXPECT_EQ(g.alerts[1].clear, seconds{125});
  ASSERT_EQ(g.tasks.size(), 1u);
  EXPECT_EQ(g.tasks[0].text, "GATE-1: not_reached");
}

TEST_F(gate, under_an_interlock_is_left_alone_and_can_be_approved_later) {
  auto const g = ctl::play(load("  interlocks: [{command: gate.close, forbid_while: {device: GATE-1, state: boat_inside}}]\n",
                                "  - {kind: event, t: 15, device: GATE-1, event: boat_inside}\n"
                                "  - {kind: event, t: 30, device: GATE-1, event: clear}\n"
                                "  - {kind: operator, t: 40, role: duty_officer, action: approve, ref: P1}\n"
                                "  - {kind: device_reply, command: gate.close, target: GATE-1, result: ok, after_s: 5, effect: {metric: pos, ramp_to: 0, over_s: 10}}\n"));
  ASSERT_EQ(g.commands.size(), 2u);
  EXPECT_EQ(g.commands[0].targets[0].result, "interlocked");
  EXPECT_EQ(g.commands[0].targets[0].attempts, 0);
  EXPECT_EQ(g.commands[0].t, seconds{20});
  EXPECT_EQ(g.commands[1].targets[0].result, "succeeded");
  EXPECT_EQ(g.commands[1].t, seconds{40});
  EXPECT_THAT(g.refused, IsEmpty());
}

TEST_F(gate, answers_after_the_timeout_are_silence) {
  auto const g = ctl::play(load("", "  - {kind: device_reply, command: gate.close, target: GATE-1, result: ok, after_s: 16}\n"));
  ASSERT_EQ(g.commands.size(), 1u);
  EXPECT_EQ(g.commands[0].targets[0].result, "failed");
  EXPECT_EQ(g.commands[0].targets[0].attempts, 3);
  EXPECT_EQ(g.commands[0].targets[0].final_at, seconds{20 + 45});
  EXPECT_EQ(g.tasks[0].text, "GATE-1: no_reply");
}

TEST_F(gate, an_entry_for_what_does_not_exist_yet_is_a_difference) {
  auto const g = ctl::play(load("", "  - {kind: operator, t: 30, role: duty_officer, action: ack, ref: A7}\n"
                                    "  - {kind: operator, t: 40, role: technician, action: resolve, ref: A1}\n"));
  ASSERT_EQ(g.notes.size(), 1u);
  EXPECT_THAT(g.notes[0], HasSubstr("A7 does not exist yet"));
  ASSERT_EQ(g.refused.size(), 1u);  // man-4 clears by its value, not by hand
  EXPECT_EQ(g.refused[0].ref, "A1");
}

}  // namespace
