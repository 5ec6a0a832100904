#include "advise/adviser.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace ioc;
using namespace ioc::advise;

namespace {

core::time_point at(double s) { return core::from_ms(1'800'000'000'000) + core::from_seconds(s); }

struct fake_world final : world {
  std::set<std::string> off;
  std::set<core::uuid> active;
  std::map<std::string, double> values;
  bool offline(std::string const& t) const override { return off.count(t) > 0; }
  std::optional<double> latest(std::string const& d, std::string const&) const override {
    auto const v = values.find(d);
    return v == values.end() ? std::nullopt : std::optional{v->second};
  }
  bool alert_active(core::uuid id) const override { return active.count(id) > 0; }
  bool rule_active(std::string const&, std::string const&) const override { return !active.empty(); }
  std::vector<std::string> missed(std::string const&) const override { return {"LS-05"}; }
};

struct bench {
  fake_world world;
  std::vector<core::recommendation> out;
  adviser a;

  explicit bench(std::vector<playbook> books, core::policy p = {}) : a("03478", std::move(books), std::move(p)) {}

  core::alert alert(std::string const& name, std::string const& zone = "Z1") const {
    core::alert x;
    x.id = core::name_uuid(name);
    x.rule = "flood";
    x.zone = zone;
    x.subject = zone;
    return x;
  }
  void raise(core::alert const& x, double t) {
    world.active.insert(x.id);
    a.hear({core::alert_event::raised, at(t), "", x}, world, out);
    a.settle(at(t), world, out);
  }
  void clear(core::alert x, double t) {
    world.active.erase(x.id);
    x.cleared_at = at(t);
    x.state = core::alert_state::cleared_unacked;
    a.hear({core::alert_event::cleared, at(t), "", x}, world, out);
    a.settle(at(t), world, out);
  }
};

playbook book(std::string id = "pb") {
  playbook p;
  p.id = std::move(id);
  p.rule = "flood";
  p.approver = "commune_leader";
  core::playbook_step s;
  s.kind = core::step_kind::command;
  s.command = "siren.on";
  s.targets = {"SIREN"};
  p.steps.push_back(s);
  return p;
}

TEST(adviser, who_may_approve_follows_the_delegation) {
  core::policy p;
  p.delegated_to_duty_officer = {"pb"};
  bench own{{book()}}, delegated{{book()}, p};
  for (auto* b : {&own, &delegated}) b->raise(b->alert("a"), 0);
  auto const id = own.out.at(0).id;
  EXPECT_EQ(own.a.may_approve(id, "duty_officer"), approval::not_allowed);
  EXPECT_EQ(own.a.may_approve(id, "commune_leader"), approval::granted);
  EXPECT_EQ(own.a.may_approve(id, "auditor"), approval::not_allowed);
  EXPECT_EQ(delegated.a.may_approve(id, "duty_officer"), approval::granted);
  own.a.approved(id, "pao", at(1), own.out);
  EXPECT_EQ(own.a.may_approve(id, "commune_leader"), approval::not_open);
}

TEST(adviser, waits_until_what_it_requires_holds_and_ends_with_its_alert) {
  auto p = book();
  p.needs = requirement{};
  p.needs->targets_online = true;
  bench b{{p}};
  b.world.off = {"SIREN"};
  b.raise(b.alert("a"), 0);
  EXPECT_TRUE(b.out.empty());
  b.world.off.clear();
  b.a.settle(at(5), b.world, b.out);
  ASSERT_EQ(b.out.size(), 1u);
  EXPECT_EQ(b.out[0].recommended_at, at(5));
  b.clear(b.alert("a"), 9);
  ASSERT_EQ(b.out.size(), 2u);
  EXPECT_EQ(b.out[1].state, core::recommendation_state::ended);
}

TEST(adviser, the_same_playbook_is_not_offered_twice_in_a_zone) {
  bench b{{book()}};
  b.raise(b.alert("a"), 0);
  b.raise(b.alert("b"), 1);
  b.raise(b.alert("c", "Z2"), 2);
  ASSERT_EQ(b.out.size(), 2u);
  EXPECT_EQ(b.out[1].zone, "Z2");
  b.clear(b.alert("a"), 3);  // now the waiting one may come
  EXPECT_EQ(b.out.back().alert, b.alert("b").id);
}

TEST(adviser, an_unverified_alert_gives_no_advice) {
  bench b{{book()}};
  auto x = b.alert("a");
  x.verified = false;
  b.raise(x, 0);
  EXPECT_TRUE(b.out.empty());
  x.verified = true;
  b.a.hear({core::alert_event::verified, at(4), "", x}, b.world, b.out);
  b.a.settle(at(4), b.world, b.out);
  EXPECT_EQ(b.out.size(), 1u);
}

TEST(adviser, advice_for_afterwards_comes_with_the_last_clear_and_ends_with_a_new_raise) {
  auto p = book();
  p.on_clear = true;
  bench b{{p}};
  b.raise(b.alert("a"), 0);
  b.raise(b.alert("b"), 0);
  b.clear(b.alert("a"), 1);
  EXPECT_TRUE(b.out.empty());
  b.clear(b.alert("b"), 2);
  ASSERT_EQ(b.out.size(), 1u);
  b.raise(b.alert("c"), 3);
  EXPECT_EQ(b.out.back().state, core::recommendation_state::ended);
}

}  // namespace
