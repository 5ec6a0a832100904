#include "act/actor.hpp"

#include <algorithm>

namespace ioc::act {

using core::target_state;

actor::actor(std::string unit, core::policy policy, std::vector<verification> verifications)
    : unit_(std::move(unit)), policy_(std::move(policy)), verifications_(std::move(verifications)) {}

void actor::restore(state s) {
  state_ = std::move(s);
  dues_.clear();
  due_of_.clear();
  waiting_positions_.clear();
  for (auto& [id, a] : state_.actions)
    for (std::size_t i = 0; i < a.targets.size(); ++i) {
      auto const& t = a.targets[i];
      if (is_final(t.state)) continue;
      if (t.deadline) set_deadline(a, i, t.deadline);
      if (t.state == target_state::running && verification_of(a.command)) waiting_positions_.emplace(id, i);
    }
}

core::uuid actor::message_id(core::uuid action, std::string const& target) { return core::name_uuid("message|" + action.text() + "|" + target); }

verification const* actor::verification_of(std::string const& command) const {
  auto const v = std::find_if(verifications_.begin(), verifications_.end(), [&](auto const& x) { return x.command == command; });
  return v == verifications_.end() ? nullptr : &*v;
}

void actor::changed(core::action& a, effects& out) {
  ++a.version;
  out.actions.push_back(a);
}

void actor::propose(core::action a, effects& out) {
  a.unit = unit_;
  auto& stored = state_.actions[a.id] = std::move(a);
  for (std::size_t i = 0; i < stored.targets.size(); ++i) state_.messages[message_id(stored.id, stored.targets[i].target)] = {stored.id, i};
  changed(stored, out);
}

void actor::retarget(core::uuid id, std::vector<std::string> const& targets) {
  auto const found = state_.actions.find(id);
  if (found == state_.actions.end() || issued(id)) return;
  auto& a = found->second;
  for (auto const& t : a.targets) state_.messages.erase(message_id(id, t.target));
  a.targets.clear();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    a.targets.emplace_back().target = targets[i];
    state_.messages[message_id(id, targets[i])] = {id, i};
  }
}

bool actor::interlocked(std::string const& command, surroundings const& s) const {
  return std::any_of(policy_.interlocks.begin(), policy_.interlocks.end(),
                     [&](auto const& lock) { return lock.command == command && s.state_of(lock.device) == lock.state; });
}

bool actor::may_run_alone(std::string const& command, core::arguments const& args) const {
  return std::any_of(policy_.auto_commands.begin(), policy_.auto_commands.end(), [&](auto const& allowed) {
    auto const colon = allowed.find(':');
    if (colon == std::string::npos) return allowed == command;
    if (allowed.substr(0, colon) != command) return false;
    auto const wanted = allowed.substr(colon + 1);
    return std::any_of(args.begin(), args.end(), [&](auto const& arg) {
      if (auto const* text = std::get_if<std::string>(&arg.second)) return *text == wanted;
      return core::to_json(arg.second) == wanted;
    });
  });
}

void actor::record_interlocked(core::uuid id, std::string const& by, core::time_point t, effects& out) {
  auto a = state_.actions.at(id);
  a.id = core::name_uuid("interlocked|" + id.text() + "|" + std::to_string(core::to_us(t)));
  a.version = 0;
  a.approved_by = by;
  a.approved_at = t;
  a.final_at = t;
  for (auto& target : a.targets) {
    target.state = target_state::rejected;
    target.reason = "interlocked";
    target.final_at = t;
  }
  auto& stored = state_.actions[a.id] = std::move(a);
  changed(stored, out);
}

void actor::withdraw(core::uuid id, target_state how, std::string const& by, std::string const& reason, core::time_point t, effects& out) {
  auto const found = state_.actions.find(id);
  if (found == state_.actions.end()) return;
  auto& a = found->second;
  bool any = false;
  for (auto& target : a.targets)
    if (target.state == target_state::proposed) {
      target.state = how;
      target.reason = reason;
      target.final_at = t;
      any = true;
    }
  if (!any) return;
  a.rejected_by = by;
  a.reason = reason;
  a.final_at = t;
  changed(a, out);
}

void actor::issue(core::uuid id, core::action_source source, std::string const& by, core::time_point t, surroundings const& s, effects& out) {
  auto const found = state_.actions.find(id);
  if (found == state_.actions.end() || state_.issued.count(id)) return;  // a command is issued once
  auto& a = found->second;
  a.source = source;
  a.approved_at = t;
  a.approved_by = by;
  state_.issued[id] = t;
  bool const locked = interlocked(a.command, s);
  bool const quiet = policy_.quiet && a.command.starts_with("speaker.") && a.command != "speaker.broadcast_emergency" && policy_.quiet->contains(t);
  for (auto& target : a.targets) target.state = target_state::approved;
  for (std::size_t i = 0; i < a.targets.size(); ++i) {
    if (locked) finish(a, i, target_state::rejected, "interlocked", t, out);
    else if (quiet) finish(a, i, target_state::rejected, "quiet_hours", t, out);
    else if (s.offline(a.targets[i].target)) finish(a, i, target_state::rejected, "offline", t, out);
    else attempt(a, i, t, s, out);
  }
  changed(a, out);
}

void actor::attempt(core::action& a, std::size_t i, core::time_point t, surroundings const& s, effects& out) {
  auto& target = a.targets[i];
  if (target.attempts > 0 && interlocked(a.command, s)) {
    finish(a, i, target_state::rejected, "interlocked", t, out);
    return;
  }
  ++target.attempts;
  target.sent_at = t;
  target.state = target_state::sent;
  set_deadline(a, i, t + policy_.command_timeout);
  core::command_send send;
  send.unit = unit_;
  send.action = a.id;
  send.id = message_id(a.id, target.target);
  send.target = target.target;
  send.attempt = target.attempts;
  send.command = a.command;
  send.args = a.args;
  send.drill = a.drill;
  send.issued = state_.issued.at(a.id);
  send.expires = t + policy_.command_timeout;
  out.sends.push_back(std::move(send));
}

void actor::set_deadline(core::action& a, std::size_t i, std::optional<core::time_point> at) {
  std::pair const key{a.id, i};
  if (auto const old = due_of_.find(key); old != due_of_.end()) {
    dues_.erase(old->second);
    due_of_.erase(old);
  }
  a.targets[i].deadline = at;
  if (at) {
    due const d{*at, order_++, a.id, i};
    dues_.insert(d);
    due_of_.emplace(key, d);
  }
}

bool actor::reply(core::device_ref const& from, core::command_reply const& r, core::time_point t, surroundings const& s, effects& out) {
  auto const id = core::uuid::parse(r.id);
  if (!id) return false;
  auto const place = state_.messages.find(*id);
  if (place == state_.messages.end()) return false;
  auto const found = state_.actions.find(place->second.first);
  if (found == state_.actions.end()) return false;
  auto& a = found->second;
  auto const i = static_cast<std::size_t>(place->second.second);
  auto& target = a.targets[i];
  // Only the target itself may answer, and only a command that is out and has no result yet.
  if (from.unit != unit_ || from.device != target.target || is_final(target.state) || target.attempts == 0) return false;
  target.replied_at = t;
  if (!r.detail.empty()) target.detail = r.detail;
  switch (r.state) {
    case core::ack_state::accepted:
    case core::ack_state::running:
      // The target has it: no further attempt; it may work for as long as all attempts together would have taken.
      target.state = r.state == core::ack_state::accepted ? target_state::accepted : target_state::running;
      set_deadline(a, i, t + policy_.command_timeout * (1 + policy_.command_retries));
      break;
    case core::ack_state::succeeded:
      if (auto const* v = verification_of(a.command)) {
        target.state = target_state::running;
        set_deadline(a, i, state_.issued.at(a.id) + v->within);
        waiting_positions_.emplace(a.id, i);
        check_position(a, i, t, s, out);
      } else {
        finish(a, i, target_state::succeeded, "", t, out);
      }
      break;
    case core::ack_state::failed: finish(a, i, target_state::failed, r.detail.empty() ? "failed" : r.detail, t, out); break;
    case core::ack_state::rejected: finish(a, i, target_state::rejected, r.detail.empty() ? "rejected" : r.detail, t, out); break;
  }
  changed(a, out);
  return true;
}

bool actor::check_position(core::action& a, std::size_t i, core::time_point t, surroundings const& s, effects& out) {
  auto const* v = verification_of(a.command);
  auto const now = v ? s.latest(a.targets[i].target, v->metric) : std::nullopt;
  if (!now || !core::holds(*now, v->op, v->value)) return false;
  finish(a, i, target_state::succeeded, "", t, out);
  return true;
}

void actor::check_positions(core::time_point t, surroundings const& s, effects& out) {
  auto const waiting = waiting_positions_;
  for (auto const& [id, i] : waiting) {
    auto const a = state_.actions.find(id);
    if (a != state_.actions.end() && check_position(a->second, i, t, s, out)) changed(a->second, out);
  }
}

void actor::advance(core::time_point t, surroundings const& s, effects& out) {
  while (!dues_.empty() && dues_.begin()->at <= t) {
    auto const d = *dues_.begin();
    auto& a = state_.actions.at(d.action);
    auto& target = a.targets[d.target];
    set_deadline(a, d.target, std::nullopt);
    auto const* v = verification_of(a.command);
    if (waiting_positions_.count({a.id, d.target}) && v) {
      if (!check_position(a, d.target, d.at, s, out)) {
        finish(a, d.target, target_state::failed, "not_reached", d.at, out);
        out.missed_positions.push_back({v->rule, target.target});
      }
    } else if (target.state == target_state::sent && target.attempts <= policy_.command_retries) {
      attempt(a, d.target, d.at, s, out);
    } else {
      finish(a, d.target, target_state::failed, "no_reply", d.at, out);
    }
    changed(a, out);
  }
}

void actor::finish(core::action& a, std::size_t i, target_state how, std::string reason, core::time_point t, effects& out) {
  auto& target = a.targets[i];
  set_deadline(a, i, std::nullopt);
  waiting_positions_.erase({a.id, i});
  target.state = how;
  target.reason = std::move(reason);
  target.final_at = t;
  bool const failed = how == target_state::failed || (how == target_state::rejected && target.reason != "interlocked" && target.reason != "quiet_hours");
  if (failed && a.on_failure) {
    auto text = a.on_failure->text;
    auto const fill = [&](std::string const& name, std::string const& with) {
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + with.size())) text.replace(at, name.size(), with);
    };
    fill("{target}", target.target);
    fill("{reason}", target.reason);
    out.tasks.push_back(make_task(&a, a.alert, a.recommendation, target.target, a.on_failure->assignee, text, t, "failure|" + a.id.text() + "|" + target.target));
  }
  auto const planned = state_.broadcasts.find(a.broadcast);
  if (planned != state_.broadcasts.end() && how == target_state::succeeded) planned->second.succeeded.insert(target.target);
  if (std::all_of(a.targets.begin(), a.targets.end(), [](auto const& x) { return is_final(x.state); })) {
    a.final_at = t;
    if (planned != state_.broadcasts.end() && !planned->second.targets.empty())
      out.coverage.push_back({a.broadcast, 100.0 * static_cast<double>(planned->second.succeeded.size()) / static_cast<double>(planned->second.targets.size())});
  }
}

core::task actor::make_task(core::action const* a, std::optional<core::uuid> alert, std::optional<core::uuid> recommendation, std::string const& target,
                            std::string const& assignee, std::string const& text, core::time_point t, std::string const& name) const {
  core::task task;
  task.id = core::name_uuid("task|" + unit_ + "|" + name);
  task.unit = unit_;
  task.alert = alert;
  task.recommendation = recommendation;
  if (a) task.action = a->id;
  task.target = target;
  task.assignee = assignee;
  task.text = text;
  task.created_at = t;
  return task;
}

void actor::plan(std::string const& broadcast_id, std::vector<std::string> targets) { state_.broadcasts[broadcast_id].targets = std::move(targets); }

std::vector<std::string> actor::missed(std::string const& broadcast_id) const {
  std::vector<std::string> out;
  if (auto const b = state_.broadcasts.find(broadcast_id); b != state_.broadcasts.end())
    for (auto const& t : b->second.targets)
      if (!b->second.succeeded.count(t)) out.push_back(t);
  return out;
}

std::optional<core::time_point> actor::next_due() const { return dues_.empty() ? std::nullopt : std::optional{dues_.begin()->at}; }

core::action const* actor::find(core::uuid id) const {
  auto const a = state_.actions.find(id);
  return a == state_.actions.end() ? nullptr : &a->second;
}

void actor::prune(core::time_point t) {
  for (auto a = state_.actions.begin(); a != state_.actions.end();) {
    if (a->second.final_at && *a->second.final_at < t) {
      for (auto const& target : a->second.targets) state_.messages.erase(message_id(a->first, target.target));
      state_.issued.erase(a->first);
      a = state_.actions.erase(a);
    } else {
      ++a;
    }
  }
}

}  // namespace ioc::act
