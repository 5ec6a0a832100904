// The life of an alert: raise, clear, verification, acknowledgement limits, and what people do to it.
#include "alert/engine.hpp"

#include <algorithm>

namespace ioc::alert {

namespace {

core::subject_kind kind_of(rule const& r) {
  switch (r.type) {
    case rule_type::report_count:
    case rule_type::zone_count:
    case rule_type::correlate: return core::subject_kind::zone;
    case rule_type::count_active: return core::subject_kind::unit;
    case rule_type::coverage: return core::subject_kind::broadcast;
    default: return core::subject_kind::device;
  }
}

bool has_threshold(rule_type t) {
  return t == rule_type::threshold || t == rule_type::sum || t == rule_type::rate || t == rule_type::deviation || t == rule_type::command_verify;
}

}  // namespace

std::string engine::zone_of(cell const& c) const {
  switch (kind_of(*c.r)) {
    case core::subject_kind::zone: return c.subject;
    case core::subject_kind::device: break;
    default: return "*";
  }
  auto const d = device_index_.find(c.subject);
  return d == device_index_.end() ? "*" : setup_.devices[d->second].zone;
}

void engine::add_reading(core::alert_evidence& e, std::string const& device, std::string const& metric) const {
  auto const s = state_.series.find({device, metric});
  if (s == state_.series.end() || s->second.points.empty()) return;
  auto const& p = s->second.points.back();
  auto const unit = setup_.units_of_measure.find(metric.substr(0, metric.find('/')));
  e.readings.push_back({device, metric, p.v, unit == setup_.units_of_measure.end() ? "" : unit->second, p.t, p.q});
}

core::alert_evidence engine::evidence_of(cell const& c) const {
  core::alert_evidence e;
  auto const& r = *c.r;
  auto const add = [&](std::string const& device) {
    if (std::find(e.devices.begin(), e.devices.end(), device) == e.devices.end()) e.devices.push_back(device);
  };
  if (kind_of(r) == core::subject_kind::device) {
    add(c.subject);
    if (!r.metric.empty()) add_reading(e, c.subject, r.metric);
    for (auto const& p : r.peers) {
      add(p.device);
      add_reading(e, p.device, p.metric);
    }
  } else if (!r.of.empty() || !r.all_of.empty()) {
    auto all = members(c);
    std::sort(all.begin(), all.end(), [](auto const* a, auto const* b) { return std::tie(a->raised_at, a->id) < std::tie(b->raised_at, b->id); });
    for (auto const* m : all) {
      e.members.push_back(m->id);
      for (auto const& d : m->evidence.devices) add(d);
      e.readings.insert(e.readings.end(), m->evidence.readings.begin(), m->evidence.readings.end());
    }
  }
  return e;
}

void engine::emit(core::alert& a, core::alert_event what, core::time_point at, std::string const& by, changes& out) {
  ++a.version;
  alerts_changed_ = true;
  out.alerts.push_back({what, at, by, a});
  if (a.state == core::alert_state::closed) forget(a.id);  // last: `a` lives in the map
}

void engine::forget(core::uuid id) {
  auto const a = state_.open.find(id);
  if (a == state_.open.end()) return;
  if (a->second.ack_due) limits_.erase({*a->second.ack_due, id});
  state_.open.erase(a);
}

// The limit runs from when people can know of the alert, which is never before the server does.
void engine::start_limit(core::alert& a, core::time_point from) {
  auto const limit = setup_.policy.ack_limit.find(a.severity);
  if (limit == setup_.policy.ack_limit.end()) return;
  a.ack_due = from + limit->second;
  limits_.emplace(*a.ack_due, a.id);
}

void engine::raise(cell& c, std::optional<double> value, core::time_point t, core::time_point known, changes& out) {
  auto const& r = *c.r;
  core::alert a;
  a.id = core::name_uuid("alert|" + setup_.unit + "|" + r.id + "|" + c.subject + "|" + std::to_string(core::to_us(t)));
  a.unit = setup_.unit;
  a.rule = r.id;
  a.title = r.title;
  a.subject = c.subject;
  a.kind = kind_of(r);
  a.zone = zone_of(c);
  if (a.kind == core::subject_kind::device) a.device = c.subject;
  a.metric = r.metric;
  a.severity = r.severity;
  a.value = value;
  if (has_threshold(r.type)) a.threshold = r.value;
  auto const unit = setup_.units_of_measure.find(r.metric.substr(0, r.metric.find('/')));
  if (unit != setup_.units_of_measure.end()) a.unit_of_measure = unit->second;
  a.raised_at = t;
  a.known_at = std::max(known, t);
  a.basis = r.basis;
  a.evidence = evidence_of(c);
  if (!r.quality_gate.empty() && active(r.quality_gate, c.subject)) {
    a.verified = false;
    if (setup_.policy.bad_quality_cap) a.severity = std::min(a.severity, *setup_.policy.bad_quality_cap);
  }
  a.retrospective = rests_on_history(c);
  absorb_earlier(a, out);
  c.s->alert = a.id;
  c.s->true_since.reset();
  c.s->clear_since.reset();
  auto& stored = state_.open[a.id] = std::move(a);
  if (stored.verified && !stored.retrospective) start_limit(stored, stored.known_at);
  emit(stored, core::alert_event::raised, t, "", out);
}

void engine::clear(cell& c, core::time_point t, changes& out) {
  auto const id = *c.s->alert;
  c.s->alert.reset();
  c.s->clear_since.reset();
  c.s->true_since.reset();
  if (auto const found = state_.open.find(id); found != state_.open.end()) {
    auto& a = found->second;
    a.cleared_at = t;
    a.state = a.acked() ? core::alert_state::closed : core::alert_state::cleared_unacked;
    if (a.ack_due) limits_.erase({*a.ack_due, a.id});
    emit(a, core::alert_event::cleared, t, "", out);
  }
  if (c.r->type == rule_type::stale) release_children(c.subject, t);
}

// An earlier one that nobody has acknowledged closes into the new one; so does one of the history that is still going on, as a rule
// has one open alert on a subject.
void engine::absorb_earlier(core::alert& a, changes& out) {
  for (auto next = state_.open.begin(); next != state_.open.end();) {
    auto& old = (next++)->second;  // a closed one leaves the map
    if (old.rule != a.rule || old.subject != a.subject) continue;
    if (old.active()) old.cleared_at = std::max(a.raised_at, old.raised_at);
    if (!old.acked()) a.occurrences += old.occurrences;
    old.state = core::alert_state::closed;
    old.close_reason = "recurred";
    emit(old, core::alert_event::closed, std::max(a.raised_at, old.raised_at), "", out);
  }
}

// Whether what the cell was judged by was history when it came.
bool engine::rests_on_history(cell const& c) const {
  if (c.r->type == rule_type::event) {
    return c.device->event_late;
  }
  if (c.r->metric.empty() || kind_of(*c.r) != core::subject_kind::device) return false;
  return c.own && !c.own->points.empty() && c.own->points.back().late;
}

// A newer reading shows that a retrospective alert still holds: it is live, with the time at which it was raised, and people are told.
void engine::confirm(cell& c, core::time_point t, core::time_point known, changes& out) {
  auto const found = state_.open.find(*c.s->alert);
  if (found == state_.open.end() || !found->second.retrospective || rests_on_history(c)) return;
  auto& a = found->second;
  a.retrospective = false;
  a.evidence = evidence_of(c);
  if (a.verified && !a.acked()) start_limit(a, std::max(known, t));
  emit(a, core::alert_event::verified, t, "", out);
}

// A parent has spoken again: the children that were silent with it get a new start, and are judged by themselves.
void engine::release_children(std::string const& device, core::time_point t) {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    auto& c = cells_[i];
    if (c.r->type != rule_type::stale || !c.s->suppressed_by) continue;
    auto const d = device_index_.find(c.subject);
    if (d == device_index_.end() || setup_.devices[d->second].parent != device || active_stale(device)) continue;
    c.s->suppressed_by.reset();
    c.s->count_from = t;
    set_due(i, t);
  }
}

void engine::verify_gated(core::time_point t, changes& out) {
  if (gates_.empty()) return;
  for (auto& [id, a] : state_.open) {
    if (a.verified || !a.active()) continue;
    auto const* r = find_rule(a.rule);
    if (!r || active(r->quality_gate, a.subject)) continue;
    a.verified = true;
    a.severity = r->severity;
    if (!a.retrospective) start_limit(a, t);
    emit(a, core::alert_event::verified, t, "", out);
  }
}

void engine::close_orphans(core::time_point t, changes& out) {
  for (auto const& id : orphans_)
    if (auto const found = state_.open.find(id); found != state_.open.end()) {
      auto& a = found->second;
      a.cleared_at = t;
      a.state = core::alert_state::closed;
      a.close_reason = find_rule(a.rule) ? "device withdrawn" : "rule withdrawn";
      emit(a, core::alert_event::closed, t, "", out);
    }
  orphans_.clear();
}

void engine::limits(core::time_point t, changes& out) {
  while (!limits_.empty() && limits_.begin()->first <= t) {
    auto const [due, id] = *limits_.begin();
    limits_.erase(limits_.begin());
    auto const found = state_.open.find(id);
    if (found == state_.open.end() || !found->second.active() || found->second.acked()) continue;
    auto& a = found->second;
    a.escalated_at = due;
    a.escalated_to = setup_.policy.escalate_to;
    emit(a, core::alert_event::escalated, due, "", out);
  }
}

refusal engine::ack(core::uuid id, std::string const& by, core::time_point at, changes& out) {
  auto const found = state_.open.find(id);
  if (found == state_.open.end()) return refusal::unknown;
  auto& a = found->second;
  if (a.acked()) return refusal::illegal;
  a.acked_at = at;
  a.acked_by = by;
  if (a.ack_due) limits_.erase({*a.ack_due, id});
  a.state = a.active() ? core::alert_state::active_acked : core::alert_state::closed;
  emit(a, core::alert_event::acked, at, by, out);
  return refusal::none;
}

refusal engine::close(core::uuid id, std::string const& by, std::string const& reason, core::time_point at, changes& out) {
  auto const found = state_.open.find(id);
  if (found == state_.open.end()) return refusal::unknown;
  auto& a = found->second;
  if (auto const place = cell_index_.find({a.rule, a.subject}); place != cell_index_.end() && cells_[place->second].s->alert == id) {
    auto& c = cells_[place->second];
    c.s->alert.reset();
    c.s->clear_since.reset();
    c.s->true_since.reset();
    if (c.r->type == rule_type::report_count) c.s->reports_after = at;
    if (c.r->type == rule_type::event && c.r->clear_event.empty()) c.s->event_on = false;
    c.s->armed = false;  // until it is seen false, which may be now: the next judge looks
    mark(place->second);
    set_due(place->second, at);
    if (c.r->type == rule_type::stale) release_children(c.subject, at);
  }
  if (!a.acked()) {
    a.acked_at = at;
    a.acked_by = by;
  }
  if (!a.cleared_at) a.cleared_at = at;
  a.state = core::alert_state::closed;
  a.close_reason = reason;
  emit(a, core::alert_event::closed, at, by, out);
  return refusal::none;
}

refusal engine::comment(core::uuid id, std::string const& by, std::string const& text, core::time_point at, changes& out) {
  auto const found = state_.open.find(id);
  if (found == state_.open.end()) return refusal::unknown;
  found->second.comments.push_back({at, by, text});
  emit(found->second, core::alert_event::commented, at, by, out);
  return refusal::none;
}

core::alert* engine::own(std::string const& rule, std::string const& subject) {
  for (auto& [id, a] : state_.open)
    if (a.rule == rule && a.subject == subject && a.active()) return &a;
  return nullptr;
}

void engine::raise_own(own_alert const& wanted, core::time_point t, changes& out) {
  if (own(wanted.rule, wanted.subject)) return;
  core::alert a;
  a.id = core::name_uuid("alert|" + setup_.unit + "|" + wanted.rule + "|" + wanted.subject + "|" + std::to_string(core::to_us(t)));
  a.unit = setup_.unit;
  a.rule = wanted.rule;
  a.title = wanted.title;
  a.subject = a.device = wanted.subject;
  a.kind = core::subject_kind::device;
  auto const d = device_index_.find(wanted.subject);
  a.zone = d == device_index_.end() ? "*" : setup_.devices[d->second].zone;
  a.severity = wanted.severity;
  a.raised_at = a.known_at = t;
  a.evidence.devices = {wanted.subject};
  absorb_earlier(a, out);
  auto& stored = state_.open[a.id] = std::move(a);
  start_limit(stored, t);
  emit(stored, core::alert_event::raised, t, "", out);
}

void engine::note_own(std::string const& rule, std::string const& subject, core::localized const& title, std::string const& by, std::string const& text,
                      core::time_point t, changes& out) {
  auto* const a = own(rule, subject);
  if (!a) return;
  a->title = title;
  a->comments.push_back({t, by, text});
  emit(*a, core::alert_event::commented, t, by, out);
}

void engine::clear_own(std::string const& rule, std::string const& subject, std::string const& by, core::time_point t, changes& out) {
  auto* const a = own(rule, subject);
  if (!a) return;
  a->cleared_at = t;
  a->state = a->acked() ? core::alert_state::closed : core::alert_state::cleared_unacked;
  if (a->ack_due) limits_.erase({*a->ack_due, a->id});
  emit(*a, core::alert_event::cleared, t, by, out);
}

void engine::adopt(core::alert a, changes& out) {
  if (state_.open.count(a.id)) return;
  a.unit = setup_.unit;
  a.retrospective = true;
  a.ack_due.reset();
  a.occurrences = 1;
  a.version = 0;
  // What people have before them stays the open one, unless it was over before this began.
  core::alert* stays = nullptr;
  for (auto& [id, other] : state_.open)
    if (other.rule == a.rule && other.subject == a.subject && (other.active() || other.raised_at >= a.raised_at)) stays = &other;
  if (stays && stays->raised_at <= a.raised_at) return;  // the same condition, told twice
  if (!stays) absorb_earlier(a, out);
  auto& stored = state_.open[a.id] = std::move(a);
  emit(stored, core::alert_event::raised, stored.raised_at, "", out);
  if (!stays) return;
  if (!stays->acked()) {
    stays->occurrences += stored.occurrences;
    emit(*stays, core::alert_event::commented, stays->raised_at, "", out);
  }
  stored.cleared_at = stays->raised_at;
  stored.state = core::alert_state::closed;
  stored.close_reason = "recurred";
  emit(stored, core::alert_event::closed, *stored.cleared_at, "", out);
}

void engine::end_history(core::uuid id, core::time_point at, changes& out) {
  auto const found = state_.open.find(id);
  if (found == state_.open.end() || !found->second.active()) return;
  auto& a = found->second;
  a.cleared_at = std::max(at, a.raised_at);
  a.state = a.acked() ? core::alert_state::closed : core::alert_state::cleared_unacked;
  emit(a, core::alert_event::cleared, *a.cleared_at, "", out);
}

// ---------------------------------------------------------------- what others ask

core::alert const* engine::find(core::uuid id) const {
  auto const a = state_.open.find(id);
  return a == state_.open.end() ? nullptr : &a->second;
}

core::alert const* engine::active(std::string const& rule_id, std::string const& subject) const {
  auto const c = cell_index_.find({rule_id, subject});
  return c == cell_index_.end() || !cells_[c->second].s->alert ? nullptr : find(*cells_[c->second].s->alert);
}

bool engine::any_active(std::string const& rule_id, std::string const& zone) const {
  return std::any_of(state_.open.begin(), state_.open.end(),
                     [&](auto const& e) { return e.second.active() && !e.second.retrospective && e.second.rule == rule_id && e.second.zone == zone; });
}

core::alert const* engine::active_stale(std::string const& device) const {
  auto const* io = device.empty() ? nullptr : find_io(device);
  if (!io) return nullptr;
  for (auto const i : io->listeners)
    if (cells_[i].r->type == rule_type::stale && cells_[i].s->alert) return find(*cells_[i].s->alert);
  return nullptr;
}

bool engine::offline(std::string const& device) const {
  auto const* io = find_io(device);
  return io && std::any_of(io->listeners.begin(), io->listeners.end(), [this](auto i) {
           return cells_[i].r->type == rule_type::stale && (cells_[i].s->alert || cells_[i].s->suppressed_by);
         });
}

std::optional<double> engine::latest(std::string const& device, std::string const& metric) const {
  auto const s = state_.series.find({device, metric});
  if (s == state_.series.end() || s->second.points.empty()) return std::nullopt;
  return s->second.points.back().v;
}

std::string const& engine::state_of(std::string const& device) const {
  static std::string const none;
  auto const d = state_.devices.find(device);
  return d == state_.devices.end() ? none : d->second.event;
}

rule const* engine::find_rule(std::string const& id) const {
  auto const r = rule_index_.find(id);
  return r == rule_index_.end() ? nullptr : &setup_.rules[r->second];
}

}  // namespace ioc::alert
