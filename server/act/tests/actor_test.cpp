#include "act/actor.hpp"

#include "core/archive.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using namespace ioc::act;
using namespace std::chrono_literals;
using core::target_state;

namespace {

core::time_point at(double s) { return core::from_ms(1'800'000'000'000) + core::from_seconds(s); }

struct fake_surroundings final : surroundings {
  std::set<std::string> off;
  std::map<std::string, double> values;
  std::map<std::string, std::string> states;
  bool offline(std::string const& t) const override { return off.count(t) > 0; }
  std::optional<double> latest(std::string const& d, std::string const&) const override {
    auto const v = values.find(d);
    return v == values.end() ? std::nullopt : std::optional{v->second};
  }
  std::string const& state_of(std::string const& d) const override {
    static std::string const none;
    auto const s = states.find(d);
    return s == states.end() ? none : s->second;
  }
};

struct bench {
  core::policy policy;
  std::vector<verification> verify;
  fake_surroundings world;
  effects out;
  std::optional<actor> made;

  actor& acts() {
    if (!made) made.emplace("03478", policy, verify);
    return *made;
  }
  core::uuid issue(std::string command, std::vector<std::string> targets, double t) {
    core::action a;
    a.id = core::name_uuid(command + std::to_string(t));
    a.command = std::move(command);
    a.on_failure = core::failure_task{"village_head", "{target}: {reason}"};
    for (auto const& x : targets) a.targets.emplace_back().target = x;
    auto const id = a.id;
    acts().propose(std::move(a), out);
    acts().issue(id, core::action_source::approved, "huong", at(t), world, out);
    return id;
  }
  bool answer(core::uuid id, std::string const& from, core::ack_state state, double t, std::string detail = "", std::string target = "") {
    core::command_reply r{actor::message_id(id, target.empty() ? from : target).text(), state, std::move(detail), at(t)};
    return acts().reply({"03478", from}, r, at(t), world, out);
  }
  core::command_target const& target(core::uuid id, std::size_t i = 0) { return acts().find(id)->targets[i]; }
};

TEST(actor, silence_is_tried_three_times_then_becomes_a_task) {
  bench b;
  auto const id = b.issue("siren.on", {"S"}, 0);
  b.acts().advance(at(14.9), b.world, b.out);
  EXPECT_EQ(b.out.sends.size(), 1u);
  b.acts().advance(at(100), b.world, b.out);
  EXPECT_EQ(b.out.sends.size(), 3u);
  EXPECT_EQ(b.out.sends[2].issued, at(0));
  EXPECT_EQ(b.out.sends[2].expires, at(45));
  EXPECT_EQ(b.out.sends[0].id, b.out.sends[2].id);  // one identity, so a device can drop a repeat
  EXPECT_EQ(b.target(id).state, target_state::failed);
  EXPECT_EQ(b.target(id).reason, "no_reply");
  EXPECT_EQ(b.target(id).final_at, at(45));
  ASSERT_EQ(b.out.tasks.size(), 1u);
  EXPECT_EQ(b.out.tasks[0].text, "S: no_reply");
  b.acts().advance(at(1000), b.world, b.out);
  EXPECT_EQ(b.out.sends.size(), 3u);
}

TEST(actor, only_the_target_answers_and_only_while_it_is_open) {
  bench b;
  auto const id = b.issue("siren.on", {"S", "T"}, 0);
  EXPECT_FALSE(b.answer(id, "T", core::ack_state::succeeded, 1, "", "S"));  // another device's command
  EXPECT_TRUE(b.answer(id, "S", core::ack_state::succeeded, 1));
  EXPECT_FALSE(b.answer(id, "S", core::ack_state::failed, 2));  // final
  EXPECT_EQ(b.target(id).state, target_state::succeeded);
  EXPECT_FALSE(b.acts().reply({"03478", "S"}, {"no uuid", core::ack_state::succeeded, "", at(1)}, at(1), b.world, b.out));
  EXPECT_FALSE(b.acts().reply({"99999", "T"}, {actor::message_id(id, "T").text(), core::ack_state::succeeded, "", at(1)}, at(1), b.world, b.out));
}

TEST(actor, a_target_that_has_accepted_is_not_sent_to_again) {
  bench b;
  auto const id = b.issue("speaker.broadcast_emergency", {"L"}, 0);
  EXPECT_TRUE(b.answer(id, "L", core::ack_state::accepted, 3));
  b.acts().advance(at(40), b.world, b.out);
  EXPECT_EQ(b.out.sends.size(), 1u);
  EXPECT_TRUE(b.answer(id, "L", core::ack_state::running, 41));
  EXPECT_TRUE(b.answer(id, "L", core::ack_state::succeeded, 80));
  EXPECT_EQ(b.target(id).state, target_state::succeeded);
}

TEST(actor, what_forbids_a_command_is_looked_at_in_order) {
  bench b;
  b.policy.quiet = core::quiet_hours{0h, 23h + 59min};
  b.policy.interlocks.push_back({"gate.close", "BOAT", "in_lock"});
  b.world.off = {"L"};
  b.world.states["BOAT"] = "in_lock";
  EXPECT_EQ(b.target(b.issue("speaker.broadcast", {"L"}, 0)).reason, "quiet_hours");
  EXPECT_EQ(b.target(b.issue("speaker.broadcast_emergency", {"L"}, 1)).reason, "offline");
  EXPECT_EQ(b.target(b.issue("gate.close", {"L"}, 2)).reason, "interlocked");
  EXPECT_TRUE(b.out.sends.empty());
  EXPECT_EQ(b.out.tasks.size(), 1u);  // offline needs a person; the other two are as wanted
}

TEST(actor, the_interlock_is_looked_at_before_each_attempt) {
  bench b;
  b.policy.interlocks.push_back({"gate.close", "BOAT", "in_lock"});
  auto const id = b.issue("gate.close", {"G"}, 0);
  b.world.states["BOAT"] = "in_lock";
  b.acts().advance(at(15), b.world, b.out);
  EXPECT_EQ(b.out.sends.size(), 1u);
  EXPECT_EQ(b.target(id).reason, "interlocked");
}

TEST(actor, an_ok_reply_counts_once_the_position_is_reached) {
  bench b;
  b.verify.push_back({"gate-stuck", "gate.close", "gate_position", core::comparison::le, 5, 120s});
  auto const id = b.issue("gate.close", {"G"}, 0);
  auto const other = b.issue("gate.close", {"H"}, 1);
  b.answer(id, "G", core::ack_state::succeeded, 3);
  b.answer(other, "H", core::ack_state::succeeded, 3);
  EXPECT_EQ(b.target(id).state, target_state::running);
  b.world.values["G"] = 4;
  b.acts().check_positions(at(60), b.world, b.out);
  EXPECT_EQ(b.target(id).state, target_state::succeeded);
  b.acts().advance(at(121), b.world, b.out);
  EXPECT_EQ(b.target(other).reason, "not_reached");
  ASSERT_EQ(b.out.missed_positions.size(), 1u);
  EXPECT_EQ(b.out.missed_positions[0].target, "H");
}

TEST(actor, a_command_is_issued_once) {
  bench b;
  auto const id = b.issue("siren.on", {"S"}, 0);
  b.acts().issue(id, core::action_source::approved, "pao", at(1), b.world, b.out);
  EXPECT_EQ(b.out.sends.size(), 1u);
  EXPECT_EQ(b.acts().find(id)->approved_by, "huong");
}

TEST(actor, auto_commands_may_be_bound_to_an_argument) {
  core::policy p;
  p.auto_commands = {"power.cut_circuit:non_essential", "door.open_exit"};
  actor a{"20623", p, {}};
  EXPECT_TRUE(a.may_run_alone("door.open_exit", {}));
  EXPECT_TRUE(a.may_run_alone("power.cut_circuit", {{"circuit_group", std::string{"non_essential"}}}));
  EXPECT_FALSE(a.may_run_alone("power.cut_circuit", {{"circuit_group", std::string{"all"}}}));
  EXPECT_FALSE(a.may_run_alone("siren.on", {}));
}

TEST(actor, timers_survive_a_restart_and_nothing_is_sent_twice) {
  bench b;
  auto const id = b.issue("siren.on", {"S"}, 0);
  core::archive_writer w;
  w(b.acts().saved());
  auto const bytes = w.take();
  actor after{"03478", b.policy, {}};
  actor::state s;
  core::archive_reader r{bytes};
  r(s);
  after.restore(std::move(s));
  effects out;
  after.issue(id, core::action_source::approved, "pao", at(1), b.world, out);
  after.advance(at(14), b.world, out);
  EXPECT_TRUE(out.sends.empty());
  after.advance(at(15), b.world, out);
  ASSERT_EQ(out.sends.size(), 1u);
  EXPECT_EQ(out.sends[0].attempt, 2);
}

}  // namespace
