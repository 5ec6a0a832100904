#include "pipeline/unit_machine.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

namespace ioc::pipeline {

namespace {

std::vector<act::verification> verifications(std::vector<alert::rule> const& rules) {
  std::vector<act::verification> out;
  for (auto const& r : rules)
    if (r.type == alert::rule_type::command_verify) out.push_back({r.id, r.command, r.metric, r.op, r.value, r.within});
  return out;
}

constexpr auto max_age = std::chrono::minutes{10};  // an older event is history, as a late reading is

core::uuid action_id(core::recommendation const& r, std::size_t step) { return core::name_uuid("action|" + r.id.text() + "|" + std::to_string(step)); }

core::task task_of(act::actor const& a, core::recommendation const& r, std::size_t step, core::time_point t) {
  auto const& s = r.steps[step];
  return a.make_task(nullptr, r.alert, r.id, "", s.assignee, s.text.vi, t, "step|" + r.id.text() + "|" + std::to_string(step));
}

}  // namespace

outcomes& outcomes::operator+=(outcomes&& later) {
  auto const add = [](auto& to, auto& from) { to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end())); };
  add(alerts.alerts, later.alerts.alerts);
  add(alerts.suppressed, later.alerts.suppressed);
  add(recommendations, later.recommendations);
  add(acts.actions, later.acts.actions);
  add(acts.sends, later.acts.sends);
  add(acts.tasks, later.acts.tasks);
  add(acts.coverage, later.acts.coverage);
  add(acts.missed_positions, later.acts.missed_positions);
  return *this;
}

unit_machine::unit_machine(unit_config config, core::time_point started)
    : config_(std::move(config)),
      engine_({config_.unit.code, config_.devices, config_.rules, config_.policy, config_.units_of_measure}, started),
      history_(engine_.config()),
      adviser_(config_.unit.code, config_.playbooks, config_.policy),
      actor_(config_.unit.code, config_.policy, verifications(config_.rules)) {
  auto const ask = [this](std::string const& metric) {
    if (!metric.empty() && std::find(asked_for_.begin(), asked_for_.end(), metric) == asked_for_.end()) asked_for_.push_back(metric);
  };
  for (auto const& p : config_.playbooks)
    if (p.needs) {
      ask(p.needs->metric);
      ask(p.needs->than_metric);
    }
  for (auto const& r : config_.rules)
    if (r.type == alert::rule_type::command_verify) ask(r.metric);
  for (auto const& r : config_.rules) named_.push_back(r.select ? std::vector<std::string>{} : r.devices);
}

void unit_machine::use(core::device_list devices, core::time_point now) {
  config_.devices = std::move(devices);
  std::set<std::string_view> here;
  for (auto const& d : config_.devices) here.insert(d.id);
  for (std::size_t i = 0; i < config_.rules.size(); ++i) {
    auto& r = config_.rules[i];
    r.devices.clear();
    if (r.select) {
      for (auto const& d : config_.devices)
        if (r.select->fits(d)) r.devices.push_back(d.id);
    } else {
      std::copy_if(named_[i].begin(), named_[i].end(), std::back_inserter(r.devices), [&](auto const& id) { return here.count(id) > 0; });
    }
  }
  engine_.reload(config_.devices, config_.rules, now);
}

// ---------------------------------------------------------------- facts

void unit_machine::observe(core::observation const& o, core::time_point now, outcomes& out) {
  // A target need not be a registered device (a chat group, a team): its answer counts, its readings are not judged.
  for (auto const& r : o.replies) actor_.reply(o.device, r, now, *this, out.acts);
  // Unclaimed: stored, shown, not judged. A retained copy restores what screens show; it raises no alarm and proves no life.
  if (!o.claimed || !o.alive) return pass_on(o.t, out);
  auto const& device = o.device.device;
  for (auto const& r : o.readings) {
    auto const number = core::number_of(r.v);
    if (!number || r.q == core::quality::bad) continue;
    if (!r.overtaken) {
      if (std::find(asked_for_.begin(), asked_for_.end(), r.metric) != asked_for_.end()) latest_[{device, r.metric}] = {r.t, *number};
      engine_.sample(device, r.metric, r.t, *number, r.q, now, out.alerts, r.late);
      if (!r.late && !history_.idle()) history_.settle(device, now, engine_, out.alerts);
    } else {
      history_.sample(device, r.metric, r.t, *number, r.q, now, engine_, out.alerts);
    }
  }
  for (auto const& e : o.events) engine_.event(device, e.name, e.t, o.known_at - e.t > max_age);
  // A backlog proves that the device lives now; what is fresh proves it for the time at which it was said.
  engine_.message(device, o.known_at - o.t > max_age ? o.known_at : o.t);
  pass_on(o.t, out);
}

void unit_machine::flooded(std::string const& publisher, core::time_point now, outcomes& out) {
  engine_.raise_own("system.flood", {"Thiết bị gửi quá nhiều bản tin, đã bị ngắt", "Device sends too many messages and was cut off"}, publisher,
                    core::severity::warning, now, out.alerts);
  pass_on(now, out);
}

void unit_machine::plan(planned_command p) {
  engine_.plan({p.id, p.priority, p.at});
  actor_.plan(p.id, p.targets);
  planned_.push_back(std::move(p));
}

// ---------------------------------------------------------------- an instant

void unit_machine::judge(core::time_point t, core::time_point now, bool timers, outcomes& out) {
  if (timers) actor_.advance(now, *this, out.acts);
  actor_.check_positions(now, *this, out.acts);
  pass_on(t, out);
  engine_.judge(t, now, timers, out.alerts);
  pass_on(t, out);
}

void unit_machine::conclude(core::time_point t, core::time_point now, bool timers, outcomes& out) {
  for (std::size_t i = 0; timers && i < planned_.size();) {
    if (planned_[i].at > now) {
      ++i;
      continue;
    }
    auto const p = planned_[i];
    planned_.erase(planned_.begin() + static_cast<std::ptrdiff_t>(i));
    core::action a;
    a.id = core::name_uuid("action|" + config_.unit.code + "|planned|" + p.id + "|" + std::to_string(core::to_us(p.at)));
    a.command = p.command;
    a.text = p.text;
    a.broadcast = p.id;
    for (auto const& target : p.targets) a.targets.emplace_back().target = target;
    auto const id = a.id;
    actor_.propose(std::move(a), out.acts);
    actor_.issue(id, core::action_source::scheduled, p.approved_by, now, *this, out.acts);
  }
  pass_on(t, out);
  engine_.judge(t, now, false, out.alerts);
  if (timers) engine_.limits(now, out.alerts);
  pass_on(t, out);
  auto const first = out.recommendations.size();
  adviser_.settle(now, *this, out.recommendations);
  for (auto i = first; i < out.recommendations.size(); ++i) recommend(out.recommendations[i], now, out);
  pass_on(t, out);
  heard_ = covered_ = positions_ = 0;
}

void unit_machine::tick(core::time_point now, outcomes& out) {
  for (auto due = next_due(); due && *due <= now; due = next_due()) {
    outcomes one;  // of this instant alone: what it passes on between the rooms is not passed on again by the next
    judge(*due, *due, true, one);
    conclude(*due, *due, true, one);
    out += std::move(one);
  }
}

std::optional<core::time_point> unit_machine::next_due() const {
  std::optional<core::time_point> first;
  auto const take = [&](std::optional<core::time_point> t) {
    if (t && (!first || *t < *first)) first = t;
  };
  take(engine_.next_due());
  take(engine_.next_limit());
  take(actor_.next_due());
  for (auto const& p : planned_) take(p.at);
  return first;
}

void unit_machine::pass_on(core::time_point, outcomes& out) {
  for (; covered_ < out.acts.coverage.size(); ++covered_) engine_.coverage(out.acts.coverage[covered_].broadcast, out.acts.coverage[covered_].pct);
  for (; positions_ < out.acts.missed_positions.size(); ++positions_)
    engine_.not_reached(out.acts.missed_positions[positions_].rule, out.acts.missed_positions[positions_].target);
  for (; heard_ < out.alerts.alerts.size(); ++heard_) {
    auto const before = out.recommendations.size();
    adviser_.hear(out.alerts.alerts[heard_], *this, out.recommendations);
    for (auto i = before; i < out.recommendations.size(); ++i)  // an ended recommendation takes its proposed commands with it
      for (auto const& id : out.recommendations[i].actions)
        actor_.withdraw(id, core::target_state::cancelled, "", "alert_cleared", out.alerts.alerts[heard_].at, out.acts);
  }
}

// ---------------------------------------------------------------- recommendations and approvals

void unit_machine::recommend(core::recommendation& r, core::time_point now, outcomes& out) {
  std::vector<core::uuid> actions;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    auto const& s = r.steps[i];
    if (s.kind == core::step_kind::task && r.approver.empty()) out.acts.tasks.push_back(task_of(actor_, r, i, now));
    if (s.kind != core::step_kind::command) continue;
    bool const alone = s.automatic && actor_.may_run_alone(s.command, s.args) && !actor_.interlocked(s.command, *this);
    if (r.approver.empty() && !alone) continue;
    core::action a;
    a.id = action_id(r, i);
    a.alert = r.alert;
    a.recommendation = r.id;
    a.playbook = r.playbook;
    a.step = static_cast<int>(i) + 1;
    a.command = s.command;
    a.args = s.args;
    a.text = s.text.vi;
    a.approver = r.approver;
    a.proposed_at = now;
    a.proposed_by = r.playbook;
    a.on_failure = s.on_failure;
    if (s.targets_missed) a.broadcast = r.subject;
    for (auto const& t : advise::adviser::targets_of(s, r, *this)) a.targets.emplace_back().target = t;
    actions.push_back(a.id);
    auto const id = a.id;
    actor_.propose(std::move(a), out.acts);
    if (alone) actor_.issue(id, core::action_source::automatic, r.playbook, now, *this, out.acts);
  }
  r.actions = actions;
  adviser_.set_actions(r.id, std::move(actions));
}

operation_result unit_machine::operate(operation const& op, core::time_point now, outcomes& out) {
  auto const of_alert = [](alert::refusal r) {
    return r == alert::refusal::none ? operation_result::done : r == alert::refusal::unknown ? operation_result::not_found : operation_result::illegal;
  };
  auto result = operation_result::not_found;
  switch (op.kind) {
    case operation_kind::ack: result = of_alert(engine_.ack(op.id, op.by, now, out.alerts)); break;
    case operation_kind::close: result = of_alert(engine_.close(op.id, op.by, op.text, now, out.alerts)); break;
    case operation_kind::comment: result = of_alert(engine_.comment(op.id, op.by, op.text, now, out.alerts)); break;
    case operation_kind::approve_recommendation: result = approve(op, now, out); break;
    case operation_kind::reject_recommendation: {
      auto const* r = adviser_.find(op.id);
      if (!r) break;
      auto const actions = r->actions;
      auto const may = adviser_.reject(op.id, op.role, op.by, now, out.recommendations);
      if (may == advise::approval::granted)
        for (auto const& id : actions) actor_.withdraw(id, core::target_state::rejected, op.by, op.text, now, out.acts);
      result = may == advise::approval::granted ? operation_result::done
               : may == advise::approval::not_open ? operation_result::illegal : operation_result::not_allowed;
      break;
    }
    case operation_kind::approve_action: result = approve_one(op, now, out); break;
    case operation_kind::reject_action: {
      auto const* a = actor_.find(op.id);
      if (!a) break;
      auto const recommendation = a->recommendation;
      if (actor_.issued(op.id) || a->final()) {
        result = operation_result::illegal;
      } else if (recommendation && adviser_.may_approve(*recommendation, op.role) != advise::approval::granted) {
        result = operation_result::not_allowed;  // who may not approve it may not veto it either
      } else {
        actor_.withdraw(op.id, core::target_state::rejected, op.by, op.text, now, out.acts);
        if (recommendation) complete(*recommendation, op.by, now, out);
        result = operation_result::done;
      }
      break;
    }
    case operation_kind::change_registry: break;  // of the site, not of a unit: pipeline::change()
    case operation_kind::propose_action: {
      if (actor_.find(op.id)) return operation_result::illegal;
      core::action a;
      a.id = op.id;
      a.alert = core::uuid::parse(op.alert);
      a.command = op.command;
      a.args = op.args;
      a.text = op.text;
      a.drill = op.drill;
      a.source = core::action_source::manual;
      a.proposed_at = now;
      a.proposed_by = op.by;
      for (auto const& t : op.targets) a.targets.emplace_back().target = t;
      actor_.propose(std::move(a), out.acts);
      result = operation_result::done;
      break;
    }
  }
  pass_on(now, out);
  return result;
}

operation_result unit_machine::approve(operation const& op, core::time_point now, outcomes& out) {
  auto const* found = adviser_.find(op.id);
  if (!found) return operation_result::not_found;
  switch (adviser_.may_approve(op.id, op.role)) {
    case advise::approval::not_open: return operation_result::illegal;
    case advise::approval::not_allowed: return operation_result::not_allowed;
    case advise::approval::granted: break;
  }
  auto const r = *found;
  bool forbidden = false;
  for (auto const& id : r.actions) {
    auto const* a = actor_.find(id);
    if (!a || actor_.issued(id) || a->final() || !actor_.interlocked(a->command, *this)) continue;
    actor_.record_interlocked(id, op.by, now, out.acts);
    forbidden = true;
  }
  if (forbidden) return operation_result::interlocked;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    auto const& s = r.steps[i];
    if (s.kind == core::step_kind::task) out.acts.tasks.push_back(task_of(actor_, r, i, now));
    if (s.kind != core::step_kind::command) continue;
    auto const id = action_id(r, i);
    auto const* a = actor_.find(id);
    if (!a || a->final()) continue;
    if (s.targets_missed) actor_.retarget(id, advise::adviser::targets_of(s, r, *this));
    actor_.issue(id, core::action_source::approved, op.by, now, *this, out.acts);
  }
  adviser_.approved(op.id, op.by, now, out.recommendations);
  return operation_result::done;
}

operation_result unit_machine::approve_one(operation const& op, core::time_point now, outcomes& out) {
  auto const* a = actor_.find(op.id);
  if (!a) return operation_result::not_found;
  if (actor_.issued(op.id) || a->final()) return operation_result::illegal;
  if (a->recommendation) {
    switch (adviser_.may_approve(*a->recommendation, op.role)) {
      case advise::approval::not_open: return operation_result::illegal;
      case advise::approval::not_allowed: return operation_result::not_allowed;
      case advise::approval::granted: break;
    }
  } else if (a->proposed_by == op.by) {
    return operation_result::not_allowed;  // composed by hand: two identities
  }
  if (actor_.interlocked(a->command, *this)) {
    actor_.record_interlocked(op.id, op.by, now, out.acts);
    return operation_result::interlocked;
  }
  auto const recommendation = a->recommendation;
  actor_.issue(op.id, recommendation ? core::action_source::approved : core::action_source::manual, op.by, now, *this, out.acts);
  if (recommendation) complete(*recommendation, op.by, now, out);
  return operation_result::done;
}

// Once the last command of a recommendation is approved, its tasks are created and it is done.
void unit_machine::complete(core::uuid id, std::string const& by, core::time_point now, outcomes& out) {
  auto const* found = adviser_.find(id);
  if (!found || !std::all_of(found->actions.begin(), found->actions.end(), [this](auto const& a) { return actor_.issued(a) || actor_.find(a)->final(); })) return;
  auto const r = *found;
  for (std::size_t i = 0; i < r.steps.size(); ++i)
    if (r.steps[i].kind == core::step_kind::task) out.acts.tasks.push_back(task_of(actor_, r, i, now));
  adviser_.approved(id, by, now, out.recommendations);
}

// ---------------------------------------------------------------- what others ask

std::optional<double> unit_machine::latest(std::string const& device, std::string const& metric) const {
  auto const found = latest_.find({device, metric});
  return found == latest_.end() ? std::nullopt : std::optional{found->second.second};
}

bool unit_machine::alert_active(core::uuid id) const {
  auto const* a = engine_.find(id);
  return a && a->active();
}

std::string unit_machine::obstacle(std::string const& command, std::string const& target, core::time_point now) const {
  if (actor_.interlocked(command, *this)) return "interlocked";
  auto const& quiet = config_.policy.quiet;
  if (quiet && command.starts_with("speaker.") && command != "speaker.broadcast_emergency" && quiet->contains(now)) return "quiet_hours";
  return engine_.offline(target) ? "offline" : "";
}

void unit_machine::prune(core::time_point before) {
  adviser_.prune(before);
  actor_.prune(before);
}

unit_machine::saved_state unit_machine::save() const { return {engine_.state(), adviser_.saved(), actor_.saved(), latest_, planned_, history_.save()}; }

void unit_machine::restore(saved_state s) {
  engine_.restore(std::move(s.alerts));
  adviser_.restore(std::move(s.advice));
  actor_.restore(std::move(s.acts));
  latest_ = std::move(s.latest);
  planned_ = std::move(s.planned);
  history_.restore(std::move(s.history));
}

}  // namespace ioc::pipeline
