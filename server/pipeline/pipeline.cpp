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
    expect_waits(code);
  }
}

// A device's timers wait as long as its source puts records in order, from before its first message; that one then tells for sure.
void pipeline::expect_waits(std::string const& code) {
  auto const& sources = ears_.known().sources.sources();
  if (std::none_of(sources.begin(), sources.end(), [](auto const& s) { return s.info.allowed_lateness > core::duration{0}; })) return;
  auto& machine = units_.at(code);
  for (auto const& d : registry_.devices(code)) {
    auto const* model = ears_.known().model_of(d);
    auto const name = model && !model->source.empty() ? std::string_view{model->source} : std::string_view{"native"};
    auto const s = std::find_if(sources.begin(), sources.end(), [&](auto const& x) { return x.info.name == name; });
    if (s != sources.end() && !ears_.view({code, d.id})) machine.wait_for(d.id, s->info.allowed_lateness);
  }
}

perceive::verdict pipeline::hear(core::raw_message const& m, site_outcomes& out) {
  tick(m.arrival, out);
  auto heard = ears_.hear(m);                                            // nhận biết
  if (heard.flooding) report_flood(*heard.flooding, m.arrival, out);
  std::stable_sort(heard.observations.begin(), heard.observations.end(), [](auto const& a, auto const& b) { return a.t < b.t; });
  for (auto o = heard.observations.begin(); o != heard.observations.end();) {
    auto const unit = units_.find(o->device.unit);
    auto const t = o->t;
    auto const code = o->device.unit;
    outcomes now;
    for (; o != heard.observations.end() && o->t == t && o->device.unit == code; ++o) {
      if (unit == units_.end()) continue;
      if (o->wait == core::duration{0}) unit->second.observe(*o, m.arrival, now);
      else if (!o->replies.empty()) unit->second.answered(*o, m.arrival, now);  // the rest when its turn comes
    }
    if (unit == units_.end()) continue;
    unit->second.judge(t, m.arrival, false, now);                        // cảnh báo
    unit->second.conclude(t, m.arrival, false, now);                     // hỗ trợ quyết định, hành động
    if (!now.empty()) out.emplace_back(code, std::move(now));
  }
  for (auto& o : heard.held) hold(std::move(o), m.arrival, out);
  heard.held.clear();
  return heard;
}

void pipeline::hold(core::observation o, core::time_point now, site_outcomes& out) {
  auto const unit = units_.find(o.device.unit);
  if (unit == units_.end()) return;
  unit->second.wait_for(o.device.device, o.wait);
  auto& order = orders_[o.device.unit];
  order.put(std::move(o));
  if (now >= hold_until_) settle(unit->first, unit->second, now, out);
}

// Timers and held records of one unit up to `now`, in the order in which they are due; at one instant the records first.
void pipeline::settle(std::string const& code, unit_machine& machine, core::time_point now, site_outcomes& out) {
  outcomes all;
  auto const order = orders_.find(code);
  if (order != orders_.end())
    for (auto due = order->second.next(); due && *due <= now; due = order->second.next()) {
      auto const at = *due == core::time_point::min() ? now : *due;
      machine.tick(at - core::duration{1}, all);
      auto const those = order->second.take(at, ears_.known());
      for (auto o = those.begin(); o != those.end();) {
        auto const t = o->t;
        outcomes one;
        for (; o != those.end() && o->t == t; ++o) machine.observe(*o, at, one);
        machine.judge(t, at, false, one);
        machine.conclude(t, at, false, one);
        all += std::move(one);
      }
    }
  machine.tick(now, all);
  if (!all.empty()) out.emplace_back(code, std::move(all));
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
  std::map<std::string, outcomes> now;
  if (!nothing) note_enabled(op, results, now);
  if (touched.empty()) {
    for (auto& [code, o] : now)
      if (!o.empty()) out.emplace_back(code, std::move(o));
    return results;
  }
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
  next->device_per_s = known.device_per_s;
  next->gateway_per_s = known.gateway_per_s;
  next->publisher_quotas = known.publisher_quotas;
  std::map<std::string, core::device_list> changed;
  for (auto const& code : units)
    if (units_.count(code)) changed[code] = registry_.devices(code);
  next->devices = known.devices.with(changed);
  ears_.use(std::move(next));
  for (auto& [code, order] : orders_) order.keep(ears_.known().devices);
  for (auto& [code, devices] : changed) {
    units_.at(code).use(std::move(devices), now);
    expect_waits(code);
  }
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
    auto const due = next_due(code, machine);
    if (due && *due <= now) settle(code, machine, now, out);
  }
}

std::optional<core::time_point> pipeline::next_due(std::string const& code, unit_machine const& machine) const {
  auto due = machine.next_due();
  if (auto const o = orders_.find(code); o != orders_.end())
    if (auto const held = o->second.next(); held && (!due || *held < *due)) due = held;
  return due;
}

namespace {
constexpr char const* flood_rule = "system.flood";
core::localized const flood_title{"Thiết bị gửi quá nhiều bản tin, phần vượt hạn mức bị từ chối", "Device sends too many messages: the surplus is refused"};
core::localized const cut_title{"Thiết bị gửi quá nhiều bản tin, tài khoản đã bị vô hiệu hóa", "Device sends too many messages: its account was disabled"};
constexpr char const* server = "iocd";
}  // namespace

void pipeline::report_flood(perceive::flood const& f, core::time_point at, site_outcomes& out) {
  auto const unit = units_.find(f.who.unit);
  if (unit == units_.end()) return;
  auto& c = floods_[perceive::publisher_name(f.who.unit, f.who.device, f.bridged)];
  c = {f.who, f.bridged, f.topic, f.since, at, f.refused, f.quota_per_s, cut_state::wanted, {}, {}};
  outcomes now;
  unit->second.raise_own({flood_rule, flood_title, f.who.device, core::severity::warning}, server, told_at_raise(c), at, now);
  unit->second.judge(at, at, false, now);
  unit->second.conclude(at, at, false, now);
  if (!now.empty()) out.emplace_back(unit->first, std::move(now));
}

bool pipeline::cut(std::string const& publisher, cut_state is, std::string const& account, std::string const& why, core::time_point at, site_outcomes& out) {
  auto const found = floods_.find(publisher);
  if (found == floods_.end() || found->second.cut != cut_state::wanted) return false;
  auto& c = found->second;
  c.cut = is;
  c.account = account;
  c.why = why;
  if (is == cut_state::disabled) {
    registry_change wish;
    wish.kind = change_kind::set_account;
    wish.device.unit = c.who.unit;
    wish.device.id = c.who.device;
    wish.account = account_state::disabled;
    wish.unregistered_too = true;
    registry_.apply({wish}, false, ears_.known().models, server, at);
  }
  auto const unit = units_.find(c.who.unit);
  if (unit == units_.end()) return true;
  outcomes now;
  unit->second.note_own(flood_rule, c.who.device, is == cut_state::disabled ? cut_title : flood_title, server, told_of_cut(c), at, now);
  if (!now.empty()) out.emplace_back(unit->first, std::move(now));
  return true;
}

// An account that works again: its flood is over and forgotten, its alert clears.
void pipeline::note_enabled(operation const& op, std::vector<change_result> const& results, std::map<std::string, outcomes>& now) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto const& c = op.changes[i];
    if (c.kind != change_kind::set_account || c.account != account_state::active || results[i].outcome == change_outcome::refused) continue;
    bool any = false;
    for (bool const bridged : {false, true}) any = floods_.erase(perceive::publisher_name(c.device.unit, c.device.id, bridged)) > 0 || any;
    if (auto const u = units_.find(c.device.unit); any && u != units_.end()) u->second.clear_own(flood_rule, c.device.id, op.by, op.at, now[c.device.unit]);
  }
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
    if (auto const due = next_due(code, machine); due && (!first || *due < *first)) first = due;
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
  w(hold_until_, hearing_, ears_, registry_.entries(), orders_);
  w(static_cast<std::uint64_t>(units_.size()));
  for (auto const& [code, machine] : units_) w(code, machine.save());
  w(floods_, ears_.surplus());
}

void pipeline::restore(std::string_view bytes) {
  core::archive_reader r{bytes};
  device_registry::entry_map entries;
  r(hold_until_, hearing_, ears_, entries, orders_);
  adopt(std::move(entries));  // before the rules' state, whose devices must be there
  std::uint64_t n = 0;
  r(n);
  for (; n > 0; --n) {
    std::string code;
    unit_machine::saved_state s;
    r(code, s);
    if (auto const u = units_.find(code); u != units_.end()) u->second.restore(std::move(s));
  }
  if (r.done()) return;  // saved before floods were remembered
  perceive::hearer::surplus_map surplus;
  r(floods_, surplus);
  ears_.restore(std::move(surplus));
}

}  // namespace ioc::pipeline
