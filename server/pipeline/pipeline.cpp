#include "pipeline/pipeline.hpp"

#include "core/archive.hpp"

#include <algorithm>
#include <stdexcept>

namespace ioc::pipeline {

pipeline::pipeline(std::shared_ptr<perceive::catalogue const> catalogue, std::vector<unit_config> units, core::time_point started)
    : ears_(std::move(catalogue)), registry_(units, ears_.known().models) {
  for (auto& u : units) {
    auto const code = u.unit.code;
    u.devices = registry_.devices(code);  // the same in the same order, shared
    units_.try_emplace(code, std::move(u), started);
  }
}

perceive::verdict pipeline::hear(core::raw_message const& m, site_outcomes& out) {
  tick(m.arrival, out);
  auto heard = ears_.hear(m);                                            // nhận biết
  if (!heard.flooding.empty()) report_flood(heard, m, out);
  std::stable_sort(heard.observations.begin(), heard.observations.end(), [](auto const& a, auto const& b) { return a.t < b.t; });
  for (auto o = heard.observations.begin(); o != heard.observations.end();) {
    auto const unit = units_.find(o->device.unit);
    auto const t = o->t;
    auto const code = o->device.unit;
    outcomes now;
    for (; o != heard.observations.end() && o->t == t && o->device.unit == code; ++o)
      if (unit != units_.end()) unit->second.observe(*o, m.arrival, now);
    if (unit == units_.end()) continue;
    unit->second.judge(t, m.arrival, false, now);                        // cảnh báo
    unit->second.conclude(t, m.arrival, false, now);                     // hỗ trợ quyết định, hành động
    if (!now.empty()) out.emplace_back(code, std::move(now));
  }
  return heard;
}

operation_result pipeline::operate(operation const& op, site_outcomes& out) {
  tick(op.at, out);
  auto const unit = units_.find(op.unit);
  if (unit == units_.end()) return operation_result::not_found;
  outcomes now;
  unit->second.judge(op.at, op.at, false, now);
  auto const result = unit->second.operate(op, op.at, now);
  unit->second.conclude(op.at, op.at, false, now);
  if (!now.empty()) out.emplace_back(op.unit, std::move(now));
  return result;
}

std::vector<change_result> pipeline::change(operation const& op, site_outcomes& out) {
  tick(op.at, out);
  auto results = registry_.apply(op.changes, op.all_or_nothing, ears_.known().models, op.by, op.at);
  std::set<std::string> touched;
  bool const nothing = op.all_or_nothing && std::any_of(results.begin(), results.end(), [](auto const& r) { return r.outcome == change_outcome::refused; });
  for (auto const& r : results)
    if (!nothing && (r.outcome == change_outcome::created || r.outcome == change_outcome::changed)) touched.insert(r.device.unit);
  if (touched.empty()) return results;
  std::map<std::string, outcomes> now;
  for (auto const& code : touched)  // what has been heard is judged by the rules as they were
    if (auto const u = units_.find(code); u != units_.end()) u->second.judge(op.at, op.at, false, now[code]);
  try {
    spread(touched, op.at);
  } catch (std::invalid_argument const& e) {
    registry_.take_back();
    for (auto& r : results)
      if (r.outcome != change_outcome::refused) r = {r.device, change_outcome::refused, e.what()};
  }
  for (auto const& code : touched) {
    auto const u = units_.find(code);
    if (u == units_.end()) continue;
    u->second.conclude(op.at, op.at, false, now[code]);
    if (!now[code].empty()) out.emplace_back(code, std::move(now[code]));
  }
  return results;
}

std::vector<change_result> pipeline::would_change(operation const& op) const {
  auto copy = registry_;
  return copy.apply(op.changes, op.all_or_nothing, ears_.known().models, op.by, op.at);
}

// The registry's devices to all who hold a list of them. Throws before anything is changed.
void pipeline::spread(std::set<std::string> const& units, core::time_point now) {
  auto const& known = ears_.known();
  auto next = std::make_shared<perceive::catalogue>();
  next->metrics = known.metrics;
  next->sources = known.sources;
  next->models = known.models;
  std::map<std::string, core::device_list> changed;
  for (auto const& code : units)
    if (units_.count(code)) changed[code] = registry_.devices(code);
  next->devices = known.devices.with(changed);
  ears_.use(std::move(next));
  for (auto& [code, devices] : changed) units_.at(code).use(std::move(devices), now);
}

void pipeline::adopt(device_registry::entry_map entries) {
  if (entries.empty()) return;
  set_aside_ = registry_.restore(std::move(entries), ears_.known().models);
  std::set<std::string> all;
  for (auto const& [code, machine] : units_) all.insert(code);
  spread(all, hold_until_);
}

void pipeline::tick(core::time_point now, site_outcomes& out) {
  if (now < hold_until_) return;
  for (auto& [code, machine] : units_) {
    auto const due = machine.next_due();
    if (!due || *due > now) continue;
    outcomes fired;
    machine.tick(now, fired);
    if (!fired.empty()) out.emplace_back(code, std::move(fired));
  }
}

void pipeline::report_flood(perceive::verdict const& heard, core::raw_message const& m, site_outcomes& out) {
  auto const way = ears_.known().sources.route(m.topic);
  auto const unit = units_.find(std::string(way.unit));
  if (unit == units_.end()) return;
  auto const slash = heard.flooding.find('/');  // "unit/device", or a gateway's name
  outcomes now;
  unit->second.flooded(slash == std::string::npos ? heard.flooding : heard.flooding.substr(slash + 1), m.arrival, now);
  unit->second.judge(m.arrival, m.arrival, false, now);
  unit->second.conclude(m.arrival, m.arrival, false, now);
  if (!now.empty()) out.emplace_back(unit->first, std::move(now));
}

void pipeline::deaf(core::time_point at) {
  if (!hearing_.deaf_since) hearing_.deaf_since = at;
  for (auto& [code, machine] : units_) machine.deaf();
}

void pipeline::hears(core::time_point at, bool rejoin) {
  hearing_.deaf_since.reset();
  if (rejoin) hearing_.since = at;
  for (auto& [code, machine] : units_) machine.hears(at, rejoin);
}

perceive::presence_state pipeline::presence_of(core::device const& d, core::time_point now) const {
  return perceive::presence_of(ears_.known(), d, [this](core::device_ref const& ref) { return ears_.view(ref); }, hearing_, now);
}

std::optional<core::time_point> pipeline::next_due() const {
  std::optional<core::time_point> first;
  for (auto const& [code, machine] : units_)
    if (auto const due = machine.next_due(); due && (!first || *due < *first)) first = due;
  if (first) first = std::max(*first, hold_until_);
  return first;
}

unit_machine const* pipeline::unit(std::string const& code) const {
  auto const u = units_.find(code);
  return u == units_.end() ? nullptr : &u->second;
}

void pipeline::prune(core::time_point before) {
  for (auto& [code, machine] : units_) machine.prune(before);
}

std::string pipeline::save() const {
  core::archive_writer w;
  save(w);
  return w.take();
}

void pipeline::save(core::archive_writer& w) const {
  w(hold_until_, hearing_, ears_, registry_.entries());
  w(static_cast<std::uint64_t>(units_.size()));
  for (auto const& [code, machine] : units_) w(code, machine.save());
}

void pipeline::restore(std::string_view bytes) {
  core::archive_reader r{bytes};
  device_registry::entry_map entries;
  r(hold_until_, hearing_, ears_, entries);
  adopt(std::move(entries));  // before the rules' state, whose devices must be there
  std::uint64_t n = 0;
  r(n);
  for (; n > 0; --n) {
    std::string code;
    unit_machine::saved_state s;
    r(code, s);
    if (auto const u = units_.find(code); u != units_.end()) u->second.restore(std::move(s));
  }
}

}  // namespace ioc::pipeline
