#include "alert/tests/support.hpp"

#include "core/archive.hpp"

#include <random>

using namespace ioc;
using namespace ioc::alert;
using namespace ioc::alert::tests;

namespace {

rule level(double value, double hold = 0) {
  auto r = make("high", rule_type::threshold, {"WL"}, "level");
  r.value = value;
  r.hold = core::from_seconds(hold);
  return r;
}

TEST(threshold, a_breach_is_held_before_it_is_raised) {
  bench b{with({level(2, 60)}, {device("WL")})};
  b.sample(0, "WL", "level", 2.5);
  b.sample(50, "WL", "level", 1.5);  // a false instant starts the count anew
  b.sample(55, "WL", "level", 2.5);
  b.tick(114);
  EXPECT_TRUE(b.log.empty());
  b.tick(115);
  EXPECT_EQ(b.log, (lines{"115 raised high WL"}));
}

TEST(threshold, a_sample_at_the_very_instant_of_the_timer_comes_first) {
  bench b{with({level(2, 60)}, {device("WL")})};
  b.sample(0, "WL", "level", 2.5);
  b.sample(60, "WL", "level", 1.0);
  b.tick(200);
  EXPECT_TRUE(b.log.empty());
}

TEST(threshold, a_sample_behind_the_timer_fires_it_at_its_own_time) {
  engine e{with({level(2, 60)}, {device("WL")}), at(0)};
  changes out;
  e.sample("WL", "level", at(0), 2.5, core::quality::good, at(0), out);
  e.judge(at(0), at(0), false, out);
  e.sample("WL", "level", at(90), 1.0, core::quality::good, at(91), out);  // no tick in between: the held value was true until now
  e.judge(at(90), at(91), false, out);
  ASSERT_EQ(out.alerts.size(), 2u);
  EXPECT_EQ(out.alerts[0].alert.raised_at, at(60));
  EXPECT_EQ(out.alerts[0].alert.known_at, at(91));
  EXPECT_EQ(out.alerts[1].alert.cleared_at, at(90));
}

TEST(threshold, clears_by_its_own_condition_and_hold_and_needs_a_false_instant_to_come_again) {
  auto r = level(2);
  r.clear = clear_condition{core::comparison::lt, 1.8, 100s};
  bench b{with({r}, {device("WL")})};
  b.sample(0, "WL", "level", 2.0);
  b.sample(10, "WL", "level", 1.7);
  b.sample(60, "WL", "level", 1.9);  // not low enough any more: the count starts anew
  b.sample(70, "WL", "level", 1.7);
  b.sample(169, "WL", "level", 1.7);
  b.tick(170);
  b.sample(180, "WL", "level", 2.1);
  EXPECT_EQ(b.log, (lines{"0 raised high WL", "170 cleared high WL", "180 closed high WL", "180 raised high WL"}));
  EXPECT_EQ(b.only().occurrences, 2u);
}

TEST(sum, the_window_leaves_out_its_older_end) {
  auto r = make("rain", rule_type::sum, {"RG"}, "rain");
  r.window = 60s;
  r.value = 10;
  bench b{with({r}, {device("RG")})};
  b.sample(0, "RG", "rain", 6);
  b.sample(60, "RG", "rain", 4);  // the sample at 0 is out: 4
  EXPECT_TRUE(b.log.empty());
  b.sample(119, "RG", "rain", 6);  // 4 + 6
  EXPECT_EQ(b.log, (lines{"119 raised rain RG"}));
}

TEST(rate, needs_a_sample_at_or_before_the_windows_older_end) {
  auto r = make("rise", rule_type::rate, {"WL"}, "level");
  r.window = 60s;
  r.value = 0.8;
  bench b{with({r}, {device("WL")})};
  b.sample(0, "WL", "level", 1.0);
  b.sample(59, "WL", "level", 9.0);
  EXPECT_TRUE(b.log.empty());
  b.sample(60, "WL", "level", 1.8);
  EXPECT_EQ(b.log, (lines{"60 raised rise WL"}));
}

TEST(flatline, counts_samples_and_clears_when_one_moves) {
  auto r = make("stuck", rule_type::flatline, {"WL"}, "level");
  r.window = 60s;
  r.min_samples = 3;
  bench b{with({r}, {device("WL")})};
  for (int i = 0; i < 3; ++i) b.sample(i * 20, "WL", "level", 1.02);
  b.sample(60, "WL", "level", 1.03);
  EXPECT_EQ(b.log, (lines{"40 raised stuck WL", "60 cleared stuck WL"}));
}

TEST(stale, silence_is_counted_from_the_start_and_from_each_message) {
  auto r = make("silent", rule_type::stale, {"LS"});
  r.timeout = 180s;
  bench b{with({r}, {device("LS")})};
  b.tick(180);
  b.message(200, "LS");
  b.message(380, "LS");  // exactly at the timer: it is a message first
  b.tick(559);
  EXPECT_EQ(b.log, (lines{"180 raised silent LS", "200 cleared silent LS"}));
  EXPECT_FALSE(b.engine.offline("LS"));
  b.tick(560);
  EXPECT_TRUE(b.engine.offline("LS"));
}

TEST(stale, a_silent_parent_explains_its_children_and_gives_them_a_new_start) {
  auto r = make("silent", rule_type::stale, {"CAM", "SW"});
  r.timeout = 90s;
  core::policy p;
  p.dependency_suppression = true;
  bench b{with({r}, {device("CAM", "Z1", "SW"), device("SW")}, p)};
  b.tick(200);  // the parent is judged first though it stands second
  EXPECT_EQ(b.log, (lines{"90 raised silent SW", "90 suppressed silent CAM"}));
  EXPECT_TRUE(b.engine.offline("CAM"));
  b.message(300, "SW");
  b.message(389, "SW");
  EXPECT_FALSE(b.engine.offline("CAM"));
  b.tick(390);
  EXPECT_EQ(b.log.back(), "390 raised silent CAM");
}

TEST(event, closes_by_its_clear_event_or_by_hand) {
  auto r = make("covered", rule_type::event, {"CAM"});
  r.event = "covered";
  r.clear_event = "uncovered";
  auto h = make("button", rule_type::event, {"CAM"});
  h.event = "pressed";
  bench b{with({r, h}, {device("CAM")})};
  b.event(1, "CAM", "covered");
  b.event(2, "CAM", "pressed");  // another event does not end the first
  b.event(3, "CAM", "uncovered");
  EXPECT_EQ(b.log, (lines{"1 raised covered CAM", "2 raised button CAM", "3 cleared covered CAM"}));
  changes out;
  EXPECT_EQ(b.engine.close(b.engine.active("button", "CAM")->id, "an", "tested", at(4), out), refusal::none);
  b.engine.judge(at(4), at(4), false, out);
  b.event(5, "CAM", "pressed");
  EXPECT_EQ(b.log.back(), "5 raised button CAM");
}

TEST(quality_gate, an_alert_on_a_doubtful_device_is_capped_until_the_doubt_is_gone) {
  auto odd = make("odd", rule_type::deviation, {"WL"}, "level");
  odd.peers = {{"WL2", "level"}, {"WL3", "level"}};
  odd.op = core::comparison::gt;
  odd.value = 1;
  auto high = level(2);
  high.severity = core::severity::emergency;
  high.quality_gate = "odd";
  core::policy p;
  p.bad_quality_cap = core::severity::notice;
  p.ack_limit[core::severity::emergency] = 60s;
  bench b{with({high, odd}, {device("WL"), device("WL2"), device("WL3")}, p)};
  b.sample(0, "WL2", "level", 1);
  b.sample(0, "WL3", "level", 1.2);
  b.sample(10, "WL", "level", 3);
  auto const* a = b.engine.active("high", "WL");
  ASSERT_TRUE(a);
  EXPECT_FALSE(a->verified);
  EXPECT_EQ(a->severity, core::severity::notice);
  EXPECT_FALSE(a->ack_due);
  b.sample(20, "WL2", "level", 3);
  b.sample(20, "WL3", "level", 3);
  EXPECT_TRUE(a->verified);
  EXPECT_EQ(a->severity, core::severity::emergency);
  EXPECT_EQ(a->ack_due, at(80));
}

TEST(correlate, needs_both_within_the_time_and_clears_when_one_has_none_left) {
  auto a = level(2);
  auto rain = make("rain", rule_type::threshold, {"RG"}, "rain");
  rain.value = 50;
  auto both = make("flood", rule_type::correlate, {});
  both.all_of = {"high", "rain"};
  both.within = 60s;
  both.severity = core::severity::emergency;
  bench b{with({a, rain, both}, {device("WL"), device("RG")})};
  b.sample(0, "RG", "rain", 60);
  b.sample(61, "WL", "level", 3);
  EXPECT_FALSE(b.engine.active("flood", "Z1"));
  b.sample(70, "RG", "rain", 0);
  b.sample(80, "RG", "rain", 60);
  ASSERT_TRUE(b.engine.active("flood", "Z1"));
  EXPECT_EQ(b.engine.active("flood", "Z1")->evidence.devices, (std::vector<std::string>{"WL", "RG"}));
  b.sample(90, "WL", "level", 1);
  EXPECT_FALSE(b.engine.active("flood", "Z1"));
}

TEST(life, acknowledged_and_cleared_is_closed_whatever_the_order) {
  bench b{with({level(2)}, {device("WL")})};
  changes out;
  b.sample(0, "WL", "level", 3);
  auto const id = b.only().id;
  EXPECT_EQ(b.engine.ack(id, "huong", at(1), out), refusal::none);
  EXPECT_EQ(b.engine.ack(id, "pao", at(2), out), refusal::illegal);
  b.sample(3, "WL", "level", 1);
  EXPECT_TRUE(b.engine.open().empty());
  EXPECT_EQ(b.engine.ack(id, "pao", at(4), out), refusal::unknown);

  b.sample(10, "WL", "level", 3);
  b.sample(11, "WL", "level", 1);
  EXPECT_EQ(b.only().state, core::alert_state::cleared_unacked);
  EXPECT_EQ(b.engine.ack(b.only().id, "huong", at(12), out), refusal::none);
  EXPECT_TRUE(b.engine.open().empty());
}

TEST(life, closed_by_hand_it_must_be_seen_false_before_it_raises_again) {
  bench b{with({level(2)}, {device("WL")})};
  changes out;
  b.sample(0, "WL", "level", 3);
  EXPECT_EQ(b.engine.close(b.only().id, "huong", "nhầm", at(1), out), refusal::none);
  b.sample(2, "WL", "level", 4);
  EXPECT_TRUE(b.engine.open().empty());
  b.sample(3, "WL", "level", 1);
  b.sample(4, "WL", "level", 4);
  EXPECT_EQ(b.only().raised_at, at(4));
}

TEST(life, the_limit_passes_once_and_not_after_an_acknowledgement) {
  core::policy p;
  p.ack_limit[core::severity::warning] = 60s;
  p.escalate_to = "commune_leader";
  bench b{with({level(2)}, {device("WL")}, p)};
  b.sample(0, "WL", "level", 3);
  b.tick(59);
  EXPECT_EQ(b.log.size(), 1u);
  b.tick(60);
  b.tick(600);
  EXPECT_EQ(b.log, (lines{"0 raised high WL", "60 escalated high WL"}));
  EXPECT_EQ(b.only().escalated_to, "commune_leader");
}

// A restart at any point changes nothing: the state that is saved is the whole state.
TEST(state, saved_and_restored_between_any_two_facts_gives_the_same_log) {
  auto high = level(2, 30);
  high.clear = clear_condition{core::comparison::lt, 1.5, 40s};
  auto rise = make("rise", rule_type::rate, {"WL"}, "level");
  rise.window = 60s;
  rise.value = 0.8;
  auto rain = make("rain", rule_type::sum, {"RG"}, "rain");
  rain.window = 100s;
  rain.value = 12;
  auto stuck = make("stuck", rule_type::flatline, {"WL"}, "level");
  stuck.window = 50s;
  stuck.min_samples = 3;
  auto silent = make("silent", rule_type::stale, {"WL", "RG"});
  silent.timeout = 45s;
  auto both = make("flood", rule_type::correlate, {});
  both.all_of = {"rain", "rise"};
  both.within = 300s;
  auto const s = with({high, rise, rain, stuck, silent, both}, {device("WL"), device("RG", "Z1", "WL")},
                      [] { core::policy p; p.dependency_suppression = true; p.ack_limit[core::severity::warning] = 50s; return p; }());
  std::size_t raised = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    bench straight{s}, broken{s};
    std::mt19937 random{seed};
    double t = 0;
    for (int i = 0; i < 400; ++i) {
      t += 1 + random() % 30;
      bool const gauge = random() % 2;
      double const v = gauge ? 1 + static_cast<double>(random() % 4) / 2 : static_cast<double>(random() % 8);
      for (auto* b : {&straight, &broken}) b->sample(t, gauge ? "WL" : "RG", gauge ? "level" : "rain", v);
      core::archive_writer w;
      w(broken.engine.state());
      auto const bytes = w.take();
      engine_state copy;
      core::archive_reader r{bytes};
      r(copy);
      ASSERT_TRUE(r.done());
      broken.engine.restore(std::move(copy));
    }
    ASSERT_EQ(straight.log, broken.log) << "seed " << seed;
    raised += straight.log.size();
  }
  EXPECT_GT(raised, 500u);  // the streams do raise alerts
}

TEST(state, the_alerts_of_a_rule_that_is_gone_are_closed) {
  bench b{with({level(2)}, {device("WL")})};
  b.sample(0, "WL", "level", 3);
  engine after{with({}, {device("WL")}), at(0)};
  after.restore(b.engine.state());
  changes out;
  after.judge(at(5), at(5), false, out);
  ASSERT_EQ(out.alerts.size(), 1u);
  EXPECT_EQ(out.alerts[0].alert.close_reason, "rule withdrawn");
  EXPECT_TRUE(after.open().empty());
}

}  // namespace
