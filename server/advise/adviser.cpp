#include "advise/adviser.hpp"

#include <algorithm>

namespace ioc::advise {

using core::recommendation;
using core::recommendation_state;

adviser::adviser(std::string unit, std::vector<playbook> playbooks, core::policy policy)
    : unit_(std::move(unit)), playbooks_(std::move(playbooks)), policy_(std::move(policy)) {}

void adviser::hear(core::alert_change const& change, world const& w, std::vector<recommendation>& out) {
  auto const& a = change.alert;
  bool const starts = (change.what == core::alert_event::raised || change.what == core::alert_event::verified) && a.verified && !a.retrospective;
  bool const stops = (change.what == core::alert_event::cleared || change.what == core::alert_event::closed) && a.cleared_at == change.at;
  if (starts) {
    for (auto& [id, r] : state_.all)  // advice for after the alert is void when it is back
      if (r.on_clear && r.rule == a.rule && r.zone == a.zone && (r.state == recommendation_state::waiting || r.state == recommendation_state::open))
        end(r, change.at, recommendation_state::ended, "", out);
    for (auto const& p : playbooks_)
      if (p.rule == a.rule && !p.on_clear) trigger(p, a, false, change.at);
  }
  if (stops) {
    for (auto& [id, r] : state_.all)
      if (!r.on_clear && r.alert == a.id && (r.state == recommendation_state::waiting || r.state == recommendation_state::open))
        end(r, change.at, recommendation_state::ended, "", out);
    if (a.verified && !a.retrospective && !w.rule_active(a.rule, a.zone))
      for (auto const& p : playbooks_)
        if (p.rule == a.rule && p.on_clear) trigger(p, a, true, change.at);
  }
}

void adviser::trigger(playbook const& p, core::alert const& a, bool on_clear, core::time_point t) {
  recommendation r;
  r.id = core::name_uuid("recommendation|" + unit_ + "|" + p.id + "|" + a.id.text() + (on_clear ? "|clear" : "|raise"));
  if (state_.all.count(r.id)) return;  // a close after a clear, or a replay
  r.unit = unit_;
  r.playbook = p.id;
  r.title = p.title;
  r.basis = p.basis;
  r.alert = a.id;
  r.rule = a.rule;
  r.zone = a.zone;
  r.subject = a.subject;
  r.on_clear = on_clear;
  r.delegated = policy_.delegated_to_duty_officer.count(p.id) > 0 && !p.approver.empty();
  r.approver = r.delegated ? "duty_officer" : p.approver;
  r.triggered_at = t;
  r.steps = p.steps;
  state_.waiting.push_back(r.id);
  state_.all.emplace(r.id, std::move(r));
}

void adviser::end(recommendation& r, core::time_point t, recommendation_state how, std::string const& by, std::vector<recommendation>& out) {
  bool const was_seen = r.state == recommendation_state::open;
  std::erase(state_.waiting, r.id);
  r.state = how;
  r.ended_at = t;
  r.ended_by = by;
  ++r.version;
  if (was_seen) out.push_back(r);
}

std::vector<std::string> adviser::targets_of(core::playbook_step const& step, recommendation const& r, world const& w) {
  if (step.targets_subject) return {r.subject};
  if (step.targets_missed) return w.missed(r.subject);
  return step.targets;
}

bool adviser::satisfied(playbook const& p, recommendation const& r, world const& w) const {
  if (!p.needs) return true;
  if (p.needs->targets_online) {
    for (auto const& s : p.steps)
      if (s.kind == core::step_kind::command)
        for (auto const& t : targets_of(s, r, w))
          if (w.offline(t)) return false;
    return true;
  }
  auto const left = w.latest(p.needs->device, p.needs->metric);
  auto const right = p.needs->than_device.empty() ? std::optional{p.needs->value} : w.latest(p.needs->than_device, p.needs->than_metric);
  return left && right && core::holds(*left, p.needs->op, *right);
}

bool adviser::recommended_already(recommendation const& r, world const& w) const {
  return std::any_of(state_.all.begin(), state_.all.end(), [&](auto const& e) {
    auto const& o = e.second;
    return o.id != r.id && !o.on_clear && o.playbook == r.playbook && o.zone == r.zone && o.recommended_at && w.alert_active(o.alert);
  });
}

void adviser::settle(core::time_point t, world const& w, std::vector<recommendation>& out) {
  if (state_.waiting.empty()) return;
  for (auto const& p : playbooks_) {
    auto const waiting = state_.waiting;
    for (auto const& id : waiting) {
      auto& r = state_.all.at(id);
      if (r.playbook != p.id) continue;
      if (!r.on_clear && recommended_already(r, w)) continue;
      if (!satisfied(p, r, w)) continue;
      std::erase(state_.waiting, id);
      r.state = recommendation_state::open;
      r.recommended_at = t;
      ++r.version;
      out.push_back(r);
    }
  }
}

approval adviser::may_approve(core::uuid id, std::string const& role) const {
  auto const* r = find(id);
  if (!r || r->state != recommendation_state::open) return approval::not_open;
  if (r->approver.empty()) return approval::not_allowed;
  return role == r->approver || role == "commune_leader" ? approval::granted : approval::not_allowed;
}

void adviser::approved(core::uuid id, std::string const& by, core::time_point t, std::vector<recommendation>& out) {
  auto& r = state_.all.at(id);
  end(r, t, recommendation_state::approved, by, out);
}

approval adviser::reject(core::uuid id, std::string const& role, std::string const& by, core::time_point t, std::vector<recommendation>& out) {
  auto const may = may_approve(id, role);
  if (may == approval::granted) end(state_.all.at(id), t, recommendation_state::rejected, by, out);
  return may;
}

void adviser::set_actions(core::uuid id, std::vector<core::uuid> actions) {
  if (auto const r = state_.all.find(id); r != state_.all.end()) r->second.actions = std::move(actions);
}

recommendation const* adviser::find(core::uuid id) const {
  auto const r = state_.all.find(id);
  return r == state_.all.end() ? nullptr : &r->second;
}

std::vector<recommendation const*> adviser::of_alert(core::uuid alert) const {
  std::vector<recommendation const*> out;
  for (auto const& [id, r] : state_.all)
    if (r.alert == alert && r.recommended_at) out.push_back(&r);
  std::sort(out.begin(), out.end(), [](auto const* a, auto const* b) { return a->recommended_at < b->recommended_at; });
  return out;
}

void adviser::prune(core::time_point t) {
  std::erase_if(state_.all, [&](auto const& e) { return e.second.ended_at && *e.second.ended_at < t; });
}

}  // namespace ioc::advise
