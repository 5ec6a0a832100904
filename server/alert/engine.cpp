#include "alert/engine.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace ioc::alert {

namespace {

bool reads_series(rule_type t) {
  return t == rule_type::threshold || t == rule_type::sum || t == rule_type::rate || t == rule_type::flatline || t == rule_type::deviation;
}

bool combines(rule_type t) { return t == rule_type::count_active || t == rule_type::zone_count || t == rule_type::correlate; }

}  // namespace

engine::engine(setup s, core::time_point started) : setup_(std::move(s)) {
  state_.started = started;
  build();
}

void engine::restore(engine_state s) {
  state_ = std::move(s);
  build();
}

void engine::reload(core::device_list devices, std::vector<rule> rules, core::time_point now) {
  std::set<cell_key> known;
  for (auto const& [key, s] : state_.cells) known.insert(key);
  setup_.devices = std::move(devices);
  setup_.rules = std::move(rules);
  build();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    auto& c = cells_[i];
    if (c.r->type != rule_type::stale || known.count({c.r->id, c.subject})) continue;
    c.s->count_from = now;
    set_due(i, now);
  }
}

// Everything below is derived from setup and state, so it is rebuilt rather than saved.
void engine::build() {
  rule_index_.clear();
  device_index_.clear();
  zones_.clear();
  cells_.clear();
  cell_index_.clear();
  io_.clear();
  last_io_ = nullptr;
  last_device_.clear();
  derived_.clear();
  dues_.clear();
  limits_.clear();
  dirty_.clear();
  gates_.clear();
  orphans_.clear();

  for (std::size_t i = 0; i < setup_.devices.size(); ++i) {
    device_index_[setup_.devices[i].id] = i;
    auto const& z = setup_.devices[i].zone;
    if (!z.empty() && std::find(zones_.begin(), zones_.end(), z) == zones_.end()) zones_.push_back(z);
  }
  for (std::size_t i = 0; i < setup_.rules.size(); ++i) {
    rule_index_[setup_.rules[i].id] = i;
    if (!setup_.rules[i].quality_gate.empty()) gates_.insert(setup_.rules[i].quality_gate);
  }
  for (auto const& r : setup_.rules) {
    if (r.by_device()) {
      for (auto const& d : r.devices) cell_of(r, d);
    } else if (r.type == rule_type::report_count) {
      cell_of(r, r.zone);
    } else if (r.type == rule_type::count_active) {
      cell_of(r, "*");
    } else if (combines(r.type)) {
      for (auto const& z : zones_) cell_of(r, z);
    }
  }
  // Broadcasts and targets come by as they are used; a saved state knows them.
  std::vector<cell_key> gone;
  for (auto const& [key, s] : state_.cells) {
    auto const r = rule_index_.find(key.rule);
    if (r != rule_index_.end() && (setup_.rules[r->second].type == rule_type::coverage || setup_.rules[r->second].type == rule_type::command_verify)) {
      cell_of(setup_.rules[r->second], key.subject);
    } else if (!cell_index_.count(key)) {
      if (s.alert) orphans_.push_back(*s.alert);
      gone.push_back(key);
    }
  }
  for (auto const& key : gone) state_.cells.erase(key);
  for (std::size_t i = 0; i < cells_.size(); ++i) set_due(i, core::time_point::min());
  for (auto const& [id, a] : state_.open)
    if (a.active() && !a.acked() && !a.escalated_at && a.ack_due) limits_.emplace(*a.ack_due, id);
  alerts_changed_ = true;
}

// The cell of a rule and subject, made at its first use.
std::size_t engine::cell_of(rule const& r, std::string const& subject) {
  cell_key const key{r.id, subject};
  if (auto const found = cell_index_.find(key); found != cell_index_.end()) return found->second;
  cell c;
  c.r = &r;
  c.subject = subject;
  c.s = &state_.cells[key];
  auto const place = std::find(r.devices.begin(), r.devices.end(), subject);
  c.subject_order = static_cast<int>(r.by_device() ? place - r.devices.begin() : std::find(zones_.begin(), zones_.end(), subject) - zones_.begin());
  for (auto d = device_index_.find(subject); r.by_device() && d != device_index_.end() && c.depth < 32; ++c.depth) {
    auto const& parent = setup_.devices[d->second].parent;
    if (parent.empty()) break;
    d = device_index_.find(parent);
  }
  c.gate = gates_.count(r.id) > 0;
  auto const i = cells_.size();
  if (reads_series(r.type) || r.type == rule_type::command_verify) {
    auto const read = [&](std::string const& device, std::string const& metric) -> series_state const* {
      auto& readers = io_of(device).readers;
      auto at = std::find_if(readers.begin(), readers.end(), [&](auto const& x) { return x.metric == metric; });
      if (at == readers.end()) at = readers.insert(at, {metric, &state_.series[{device, metric}], {}, {}});
      at->cells.push_back(i);
      at->keep = std::max(at->keep, r.window);
      return at->s;
    };
    c.own = read(subject, r.metric);
    for (auto const& p : r.peers) c.peers.push_back(read(p.device, p.metric));
  }
  if (r.type == rule_type::stale || r.type == rule_type::event) {
    auto& io = io_of(subject);
    io.listeners.push_back(i);
    c.device = io.state;
  }
  cells_.push_back(std::move(c));
  cell_index_.emplace(key, i);
  if (combines(r.type)) {
    derived_.push_back(i);
    std::stable_sort(derived_.begin(), derived_.end(), [this](auto a, auto b) {
      return std::tuple(cells_[a].r->order, cells_[a].subject_order) < std::tuple(cells_[b].r->order, cells_[b].subject_order);
    });
  }
  return i;
}

engine::device_io& engine::io_of(std::string const& device) {
  if (last_io_ && last_device_ == device) return *last_io_;
  auto& io = io_[device];
  if (!io.state) io.state = &state_.devices[device];
  last_device_ = device;
  last_io_ = &io;
  return io;
}

engine::device_io const* engine::find_io(std::string const& device) const {
  auto const it = io_.find(device);
  return it == io_.end() ? nullptr : &it->second;
}

// ---------------------------------------------------------------- facts

void engine::sample(std::string const& device, std::string const& metric, core::time_point t, double v, core::quality q, core::time_point known, changes& out,
                    bool late) {
  auto& readers = io_of(device).readers;
  auto const r = std::find_if(readers.begin(), readers.end(), [&](auto const& x) { return x.metric == metric; });
  if (r == readers.end()) return;  // no rule reads it
  auto const cells = r->cells;     // a timer's alert may make a new cell
  auto& points = r->s->points;
  auto const keep = r->keep;
  for (;;) {
    std::optional<core::time_point> first;
    for (auto const i : cells)
      if (auto const due = cells_[i].due; due && *due < t && (!first || *due < *first)) first = due;
    if (!first) break;
    std::vector<std::size_t> now;
    for (auto const i : cells)
      if (cells_[i].due == first) now.push_back(i);
    run(now, *first, known, out);
  }
  if (!points.empty() && t < points.back().t) return;
  if (!points.empty() && t == points.back().t) points.pop_back();
  points.push_back({t, v, q, late});
  auto const from = t - keep;
  while (points.size() > 1 && points[1].t <= from) points.pop_front();
  for (auto const i : cells) mark(i);
}

// A silence whose timer runs is not looked at: it fires early, finds that the device has spoken, and is set anew.
void engine::message(std::string const& device, core::time_point t) {
  auto& io = io_of(device);
  if (!io.state->last_message || *io.state->last_message < t) io.state->last_message = t;
  for (auto const i : io.listeners) {
    auto const& c = cells_[i];
    if (c.r->type == rule_type::stale && (!c.due || c.s->alert || c.s->suppressed_by || c.s->true_since || !c.s->armed)) mark(i);
  }
}

void engine::event(std::string const& device, std::string const& name, core::time_point t, bool late) {
  auto& io = io_of(device);
  auto& d = *io.state;
  if (!d.event.empty() && t < d.event_at) return;
  d.event = name;
  d.event_at = t;
  d.event_late = late;
  for (auto const i : io.listeners) {
    auto& c = cells_[i];
    if (c.r->type != rule_type::event || (name != c.r->event && name != c.r->clear_event)) continue;
    c.s->event_on = name == c.r->event;
    mark(i);
  }
}

void engine::deaf() {
  state_.deaf = true;
  for (std::size_t i = 0; i < cells_.size(); ++i)
    if (cells_[i].r->type == rule_type::stale) set_due(i, core::time_point::min());
}

void engine::hears(core::time_point t, bool rejoin) {
  state_.deaf = false;
  if (rejoin) state_.hears_since = t;
  for (std::size_t i = 0; i < cells_.size(); ++i)
    if (cells_[i].r->type == rule_type::stale) set_due(i, t);
}

void engine::report(citizen_report r) {
  core::duration keep{0};
  for (auto const& rule : setup_.rules)
    if (rule.type == rule_type::report_count) {
      keep = std::max(keep, rule.window);
      if (rule.category == r.category && rule.zone == r.zone) mark(cell_of(rule, rule.zone));
    }
  while (!state_.reports.empty() && state_.reports.front().t <= r.t - keep) state_.reports.pop_front();
  state_.reports.push_back(std::move(r));
}

void engine::plan(planned_broadcast p) {
  state_.plans.push_back(std::move(p));
  alerts_changed_ = true;  // count_active may now hold
}

void engine::coverage(std::string const& broadcast, double pct) {
  for (auto const& r : setup_.rules)
    if (r.type == rule_type::coverage) {
      auto const i = cell_of(r, broadcast);
      cells_[i].s->pct = pct;
      mark(i);
    }
}

void engine::not_reached(std::string const& rule_id, std::string const& device) {
  auto const r = rule_index_.find(rule_id);
  if (r == rule_index_.end()) return;
  auto const i = cell_of(setup_.rules[r->second], device);
  cells_[i].s->not_reached = true;
  mark(i);
}

// ---------------------------------------------------------------- judging

void engine::judge(core::time_point t, core::time_point known, bool timers, changes& out) {
  if (!orphans_.empty()) close_orphans(t, out);
  now_.swap(dirty_);
  dirty_.clear();
  if (timers)
    for (auto d = dues_.begin(); d != dues_.end() && d->first <= t; ++d)
      if (!cells_[d->second].dirty) now_.push_back(d->second);
  for (auto const i : now_) cells_[i].dirty = false;
  auto now = std::move(now_);  // run() may come here again
  run(now, t, known, out);
  now.clear();
  now_ = std::move(now);
}

void engine::advance(core::time_point until, core::time_point known, changes& out) {
  while (!dues_.empty() && dues_.begin()->first <= until) judge(dues_.begin()->first, known, true, out);
}

void engine::run(std::vector<std::size_t>& now, core::time_point t, core::time_point known, changes& out) {
  if (now.size() > 1) {
    auto const key = [this](std::size_t i) {
      auto const& c = cells_[i];
      return std::tuple(c.gate ? 0 : 1, c.depth, c.r->order, c.subject_order, i);
    };
    std::sort(now.begin(), now.end(), [&](auto a, auto b) { return key(a) < key(b); });
  }
  for (auto const i : now)
    if (!combines(cells_[i].r->type)) step(i, t, known, out);
    else alerts_changed_ = true;
  // Again until nothing changes: a combination may rest on another one.
  while (alerts_changed_) {
    alerts_changed_ = false;
    if (!step_derived(t, known, out)) break;
  }
  verify_gated(t, out);
}

bool engine::step_derived(core::time_point t, core::time_point known, changes& out) {
  bool changed = false;
  for (auto const i : derived_) {
    auto const before = cells_[i].s->alert;
    step(i, t, known, out);
    changed = changed || before != cells_[i].s->alert;
  }
  return changed;
}

void engine::step(std::size_t i, core::time_point t, core::time_point known, changes& out) {
  auto& c = cells_[i];
  auto& s = *c.s;
  // History that comes now proves life now: a silence does not end before it began.
  if (c.r->type == rule_type::stale && c.device->last_message) t = std::max(t, *c.device->last_message);
  auto const v = evaluate(c, t);
  if (!s.alert) {
    if (!v.raise) {
      s.true_since.reset();
      s.suppressed_by.reset();
      s.armed = true;
    } else if (s.armed && !s.suppressed_by) {
      if (!s.true_since) s.true_since = t;
      if (t - *s.true_since >= c.r->hold) {
        auto const* parent = c.r->type == rule_type::stale && setup_.policy.dependency_suppression && device_index_.count(c.subject)
                                 ? active_stale(setup_.devices[device_index_[c.subject]].parent)
                                 : nullptr;
        if (parent) {
          s.suppressed_by = parent->id;
          s.true_since.reset();
          out.suppressed.push_back({c.r->id, c.subject, t, parent->id});
        } else {
          raise(c, v.value, t, known, out);
        }
      }
    }
  }
  if (s.alert && !c.r->closes_by_hand()) {
    if (!v.clear) {
      s.clear_since.reset();
    } else {
      if (!s.clear_since) s.clear_since = t;
      if (t - *s.clear_since >= (c.r->clear ? c.r->clear->hold : core::duration{0})) {
        clear(c, t, out);
        s.armed = !v.raise;
      }
    }
  }
  if (s.alert && !v.clear) confirm(c, t, known, out);
  set_due(i, t);
}

verdict engine::evaluate(cell const& c, core::time_point t) const {
  auto const& r = *c.r;
  auto const* const s = c.own && !c.own->points.empty() ? c.own : nullptr;
  switch (r.type) {
    case rule_type::threshold: return compare(r, s ? std::optional{s->points.back().v} : std::nullopt);
    case rule_type::sum: return compare(r, s ? window_sum(*s, r.window) : std::nullopt);
    case rule_type::rate: return compare(r, s ? window_rate(*s, r.window) : std::nullopt);
    case rule_type::deviation: {
      std::vector<double> others;
      for (auto const* o : c.peers)
        if (!o->points.empty()) others.push_back(o->points.back().v);
      if (!s || others.size() != r.peers.size() || others.empty()) return {};
      return compare(r, std::abs(s->points.back().v - median(std::move(others))));
    }
    case rule_type::flatline: {
      if (!s) return {};
      auto const span = window_span(*s, r.window, r.min_samples);
      bool const flat = span && core::rounded(*span) <= core::rounded(r.max_span);
      return {flat, !flat, s->points.back().v};
    }
    case rule_type::stale: {
      auto last = c.device->last_message.value_or(state_.started);
      if (c.s->count_from) last = std::max(last, *c.s->count_from);
      bool const quiet = t - last >= r.timeout;
      if (state_.deaf && quiet) return {};  // nobody knows
      return {quiet && t >= silent_at(c), !quiet, core::to_seconds(t - last)};
    }
    case rule_type::event: return {c.s->event_on, !c.s->event_on, std::nullopt};
    case rule_type::report_count: {
      if (state_.reports.empty()) return {};
      int n = 0;
      core::time_point last{};
      for (auto const& x : state_.reports)
        if (x.category == r.category && x.zone == r.zone) last = std::max(last, x.t);
      for (auto const& x : state_.reports)
        n += x.category == r.category && x.zone == r.zone && x.t > last - r.window && (!c.s->reports_after || x.t > *c.s->reports_after);
      return {n >= r.min_count, n < r.min_count, static_cast<double>(n)};
    }
    case rule_type::coverage:
      if (!c.s->pct) return {};
      return {core::holds(*c.s->pct, core::comparison::lt, r.lt_pct), !core::holds(*c.s->pct, core::comparison::lt, r.lt_pct), c.s->pct};
    case rule_type::command_verify: {
      bool const met = s && core::holds(s->points.back().v, r.op, r.value);
      bool const raise_now = c.s->not_reached;
      c.s->not_reached = false;
      return {raise_now, met, s ? std::optional{s->points.back().v} : std::nullopt};
    }
    case rule_type::count_active:
    case rule_type::zone_count:
    case rule_type::correlate: return evaluate_derived(c, t);
  }
  return {};
}

std::vector<core::alert const*> engine::members(cell const& c) const {
  auto const& ids = c.r->type == rule_type::correlate ? c.r->all_of : c.r->of;
  std::vector<core::alert const*> out;
  for (auto const& [id, a] : state_.open)
    if (a.active() && !a.retrospective && std::find(ids.begin(), ids.end(), a.rule) != ids.end() && (c.subject == "*" || a.zone == c.subject)) out.push_back(&a);
  return out;
}

verdict engine::evaluate_derived(cell const& c, core::time_point t) const {
  auto const& r = *c.r;
  auto const all = members(c);
  auto const n = static_cast<double>(all.size());
  if (r.type == rule_type::count_active) {
    bool const enough = static_cast<int>(all.size()) >= r.ge;
    bool planned = true;
    if (r.requires_broadcast) {
      planned = std::any_of(state_.plans.begin(), state_.plans.end(), [&](auto const& p) {
        return p.priority == r.requires_broadcast->priority && p.at > t && p.at - t <= r.requires_broadcast->within;
      });
    }
    return {enough && planned, !enough, n};
  }
  if (r.type == rule_type::zone_count) {
    std::vector<core::time_point> raised;
    for (auto const* a : all) raised.push_back(a->raised_at);
    std::sort(raised.begin(), raised.end());
    bool close = false;
    for (std::size_t i = 1; i < raised.size(); ++i) close = close || raised[i] - raised[i - 1] <= r.window;
    bool const enough = static_cast<int>(all.size()) >= r.ge;
    return {enough && close, !enough, n};
  }
  std::map<std::string, core::time_point> latest;
  for (auto const* a : all) {
    auto const [at, fresh] = latest.emplace(a->rule, a->raised_at);
    if (!fresh) at->second = std::max(at->second, a->raised_at);
  }
  if (latest.size() < r.all_of.size()) return {false, true, std::nullopt};
  auto low = core::time_point::max(), high = core::time_point::min();
  for (auto const& [id, at] : latest) {
    low = std::min(low, at);
    high = std::max(high, at);
  }
  return {high - low <= r.within, false, std::nullopt};  // no number stands for a combination
}

// When this silence becomes one that counts.
core::time_point engine::silent_at(cell const& c) const {
  auto last = c.device->last_message.value_or(state_.started);
  if (c.s->count_from) last = std::max(last, *c.s->count_from);
  auto const due = last + c.r->timeout;
  auto const d = device_index_.find(c.subject);
  if (state_.hears_since == core::time_point{} || last >= state_.hears_since || d == device_index_.end()) return due;
  return std::max(due, state_.hears_since + std::min(setup_.devices[d->second].rejoin, c.r->timeout));
}

std::optional<core::time_point> engine::due_of(cell const& c, core::time_point now) const {
  auto const& s = *c.s;
  if (s.alert) {
    if (s.clear_since && c.r->clear) return *s.clear_since + c.r->clear->hold;
    return std::nullopt;
  }
  if (s.suppressed_by || !s.armed) return std::nullopt;
  if (s.true_since) return *s.true_since + c.r->hold;
  if (c.r->type == rule_type::stale) return state_.deaf ? std::nullopt : std::optional{silent_at(c)};
  if (c.r->requires_broadcast) {
    std::optional<core::time_point> first;
    for (auto const& p : state_.plans) {
      auto const from = p.at - c.r->requires_broadcast->within;
      if (p.priority == c.r->requires_broadcast->priority && from > now && (!first || from < *first)) first = from;
    }
    return first;
  }
  return std::nullopt;
}

void engine::set_due(std::size_t i, core::time_point now) {
  auto& c = cells_[i];
  auto const due = due_of(c, now);
  if (due == c.due) return;
  if (c.due) dues_.erase({*c.due, i});
  c.due = due;
  if (due) dues_.emplace(*due, i);
}

std::optional<core::time_point> engine::next_due() const {
  return dues_.empty() ? std::nullopt : std::optional{dues_.begin()->first};
}

std::optional<core::time_point> engine::next_limit() const {
  return limits_.empty() ? std::nullopt : std::optional{limits_.begin()->first};
}

}  // namespace ioc::alert
