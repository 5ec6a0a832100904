#include "pipeline/device_registry.hpp"

#include "perceive/presence.hpp"

#include <algorithm>
#include <iterator>

namespace ioc::pipeline {

namespace {
// As perceive::registry compares them: devEuis and MAC addresses are written both ways.
std::string folded(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string> names_of(core::device const& d) {
  std::vector<std::string> out;
  if (!d.native.empty()) out.push_back(folded(d.native));
  for (auto const& n : d.natives) out.push_back(folded(n));
  return out;
}
}  // namespace

std::string_view to_text(change_outcome o) {
  constexpr std::string_view names[] = {"created", "changed", "unchanged", "refused"};
  return names[static_cast<std::size_t>(o)];
}

namespace {
// The time that it may need to be heard again is its model's; whoever lists the device finds it there.
void settle_rejoin(core::device& d, device_registry::model_map const& models) {
  auto const m = models.find(d.model);
  auto const pace = d.expected_interval ? d.expected_interval : m == models.end() ? std::nullopt : m->second.expected_interval;
  d.rejoin = pace ? perceive::patience_for(*pace, m == models.end() ? std::string_view{} : m->second.link).rejoin : core::duration{0};
}

core::device_list::pointer settled(core::device_list::pointer const& d, device_registry::model_map const& models) {
  auto out = *d;
  settle_rejoin(out, models);
  return out == *d ? d : std::make_shared<core::device const>(std::move(out));
}
}  // namespace

device_registry::device_registry(std::vector<unit_config> const& base, model_map const& models) {
  for (auto const& u : base) {
    codes_.push_back(u.unit.code);
    auto& book = units_[u.unit.code];
    for (auto const& z : u.unit.zones) book.zones.insert(z.id);
    for (auto const& d : u.devices.shared()) {
      book.base_order.push_back(d->id);
      set_live({d->unit, d->id}, settled(d, models));
    }
  }
}

core::device const* device_registry::find(core::device_ref const& d) const {
  auto const u = units_.find(d.unit);
  if (u == units_.end()) return nullptr;
  auto const at = u->second.live.find(d.device);
  return at == u->second.live.end() ? nullptr : at->second.get();
}

registry_entry const* device_registry::entry(core::device_ref const& d) const {
  auto const e = entries_.find(d);
  return e == entries_.end() ? nullptr : &e->second;
}

core::device_list device_registry::devices(std::string const& unit) const {
  core::device_list out;
  auto const u = units_.find(unit);
  if (u == units_.end()) return out;
  out.reserve(u->second.live.size());
  std::set<std::string_view> placed;
  for (auto const& id : u->second.base_order)
    if (auto const d = u->second.live.find(id); d != u->second.live.end()) {
      out.push_back(d->second);
      placed.insert(d->first);
    }
  for (auto const& [id, d] : u->second.live)
    if (!placed.count(id)) out.push_back(d);
  return out;
}

void device_registry::set_live(core::device_ref const& ref, shared now) {
  auto& book = units_.at(ref.unit);
  if (auto const old = book.live.find(ref.device); old != book.live.end()) {
    for (auto const& n : names_of(*old->second))
      if (auto const at = book.natives.find(n); at != book.natives.end() && at->second == ref.device) book.natives.erase(at);
    book.live.erase(old);
  }
  if (!now) return;
  for (auto const& n : names_of(*now)) book.natives.insert_or_assign(n, ref.device);
  std::string_view const id = now->id;
  book.live.emplace(id, std::move(now));
}

// ---------------------------------------------------------------- what may be

namespace {
// Nothing to be seen: blanks, tabs, no-break spaces (U+00A0).
bool blank(std::string_view s) {
  while (!s.empty()) {
    std::size_t const n = s[0] == ' ' || s[0] == '\t' ? 1 : s.starts_with("\xc2\xa0") ? 2 : 0;
    if (n == 0) return false;
    s.remove_prefix(n);
  }
  return true;
}
}  // namespace

std::string device_registry::fault(core::device const& d, model_map const& models) const {
  auto const u = units_.find(d.unit);
  if (u == units_.end()) return "there is no commune " + d.unit;
  if (!core::valid_device_name(d.id)) return "\"" + d.id + "\" is no device name: 1 to 64 of A-Z a-z 0-9 _ . -, not . or ..";
  if (blank(d.name.vi)) return "name is missing";
  if (d.type.empty()) return "type is missing, and there is no model to tell it";
  if (!d.zone.empty() && !u->second.zones.count(d.zone)) return "the unit has no zone \"" + d.zone + "\"";
  if (!d.model.empty() && !models.count(d.model)) return "there is no model \"" + d.model + "\"";
  for (auto const& n : names_of(d)) {
    if (n.empty()) return "a native name is empty";
    if (auto const owner = u->second.natives.find(n); owner != u->second.natives.end() && owner->second != d.id)
      return "the native name \"" + n + "\" belongs to " + owner->second;
  }
  return {};
}

std::string device_registry::parent_fault(core::device const& d) const {
  auto const& live = units_.at(d.unit).live;
  auto const* at = &d;
  for (std::size_t depth = 0; !at->parent.empty(); ++depth) {
    if (at->parent == d.id || depth > live.size()) return "its parent \"" + d.parent + "\" hangs on the device itself";
    auto const up = live.find(at->parent);
    if (up == live.end()) return at == &d ? "its parent \"" + d.parent + "\" is no device of the unit" : "";
    at = up->second.get();
  }
  return {};
}

std::string device_registry::child_of(core::device_ref const& d) const {
  for (auto const& [id, other] : units_.at(d.unit).live)
    if (other->parent == d.device) return std::string(id);
  return {};
}

// ---------------------------------------------------------------- changes

change_result device_registry::one(registry_change const& w, model_map const& models, std::string const& by, core::time_point at, std::vector<before>& done) {
  core::device_ref const ref{w.device.unit, w.device.id};
  auto const refused = [&](std::string why) { return change_result{ref, change_outcome::refused, std::move(why)}; };
  if (!units_.count(ref.unit)) return refused("there is no commune " + ref.unit);
  auto const* old = entry(ref);
  auto& book = units_.at(ref.unit);
  shared const live = [&] {
    auto const there = book.live.find(ref.device);
    return there == book.live.end() ? shared{} : there->second;
  }();
  auto const base_of = [&]() -> shared {
    if (auto const b = book.base.find(ref.device); b != book.base.end()) return b->second;
    bool const in_base = std::find(book.base_order.begin(), book.base_order.end(), ref.device) != book.base_order.end();
    return in_base && live && !(old && old->device) ? live : nullptr;
  };

  before was{ref, live, old ? std::optional(*old) : std::nullopt};
  registry_entry e = old ? *old : registry_entry{};
  auto outcome = change_outcome::changed;
  shared now = live;
  switch (w.kind) {
    case change_kind::put: {
      if (live && w.only_new) return refused("the device is registered already");
      auto wanted = w.device;
      if (wanted.type.empty())
        if (auto const m = models.find(wanted.model); m != models.end()) wanted.type = m->second.type;
      if (auto why = fault(wanted, models); !why.empty()) return refused(std::move(why));
      settle_rejoin(wanted, models);
      if (live && *live == wanted) return {ref, change_outcome::unchanged, {}};
      outcome = live ? change_outcome::changed : change_outcome::created;
      if (auto const base = base_of(); base && !book.base.count(ref.device)) book.base.emplace(ref.device, base);
      auto const b = book.base.find(ref.device);
      e.withdrawn = false;
      now = std::make_shared<core::device const>(std::move(wanted));
      if (b != book.base.end() && *b->second == *now) e.device.reset();  // as the configuration has it: nothing to remember
      else e.device = now;
      if (!live) {
        e.created_by = by;
        e.created_at = at;
      }
      break;
    }
    case change_kind::withdraw: {
      if (!live) return refused("the device is not registered");
      if (auto const child = child_of(ref); !child.empty()) return refused("it is the parent of " + child);
      if (auto const base = base_of(); base && !book.base.count(ref.device)) book.base.emplace(ref.device, base);
      e.withdrawn = book.base.count(ref.device) > 0;
      e.device.reset();
      if (e.account == account_state::active) {
        e.account = account_state::disabled;
        e.account_by = by;
        e.account_at = at;
      }
      now.reset();
      break;
    }
    case change_kind::revert: {
      if (!old || (!old->device && !old->withdrawn)) return {ref, change_outcome::unchanged, {}};
      auto const b = book.base.find(ref.device);
      if (b == book.base.end()) {
        if (auto const child = child_of(ref); !child.empty()) return refused("it is the parent of " + child);
        now.reset();
      } else {
        if (auto why = fault(*b->second, models); !why.empty()) return refused(std::move(why));
        now = b->second;
      }
      e.device.reset();
      e.withdrawn = false;
      break;
    }
    case change_kind::set_account:
      // One that nobody registered may have flooded: its account was disabled, and comes back.
      if (!live && w.account == account_state::active && (!old || old->withdrawn || old->account != account_state::disabled)) return refused("the device is not registered");
      if (!live && !old && !w.unregistered_too) return refused("the device is not registered");
      if (e.account == w.account) return {ref, change_outcome::unchanged, {}};
      e.account = w.account;
      e.account_by = by;
      e.account_at = at;
      break;
  }
  e.changed_by = by;
  e.changed_at = at;
  done.push_back(std::move(was));
  if (w.kind != change_kind::set_account) set_live(ref, std::move(now));
  if (e.empty()) entries_.erase(ref);
  else entries_[ref] = std::move(e);
  return {ref, outcome, {}};
}

void device_registry::undo(before&& b) {
  set_live(b.device, std::move(b.live));
  if (b.entry) entries_[b.device] = std::move(*b.entry);
  else entries_.erase(b.device);
}

std::vector<change_result> device_registry::apply(std::vector<registry_change> const& wishes, bool all_or_nothing, model_map const& models,
                                                  std::string const& by, core::time_point at) {
  std::vector<change_result> out;
  std::vector<before> done;
  std::vector<std::size_t> of;  // the wish that each step of `done` belongs to
  for (auto const& w : wishes) {
    out.push_back(one(w, models, by, at, done));
    of.resize(done.size(), out.size() - 1);
  }
  // Parents last: a file may name a switch below the cameras that hang on it. Taking one back may orphan another.
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = done.size(); i-- > 0;) {
      auto& result = out[of[i]];
      auto const* d = find(result.device);
      if (result.outcome == change_outcome::refused || !d || wishes[of[i]].kind == change_kind::set_account) continue;
      auto why = parent_fault(*d);
      if (why.empty()) continue;
      result.outcome = change_outcome::refused;
      result.reason = std::move(why);
      undo(std::move(done[i]));
      done.erase(done.begin() + static_cast<std::ptrdiff_t>(i));
      of.erase(of.begin() + static_cast<std::ptrdiff_t>(i));
      again = true;
    }
  }
  if (all_or_nothing && std::any_of(out.begin(), out.end(), [](auto const& r) { return r.outcome == change_outcome::refused; }))
    for (; !done.empty(); done.pop_back()) undo(std::move(done.back()));
  last_ = std::move(done);
  return out;
}

void device_registry::take_back() {
  for (; !last_.empty(); last_.pop_back()) undo(std::move(last_.back()));
}

std::vector<std::string> device_registry::restore(entry_map saved, model_map const& models) {
  std::vector<std::string> aside;
  auto const set_aside = [&](core::device_ref const& ref, std::string const& why) { aside.push_back("device " + ref.text() + " is set aside: " + why); };
  for (auto& [ref, e] : saved) {
    auto const u = units_.find(ref.unit);
    if (u == units_.end()) {
      set_aside(ref, "there is no commune " + ref.unit);
      continue;
    }
    if (!e.device && !e.withdrawn) continue;
    if (e.device)
      if (auto why = fault(*e.device, models); !why.empty()) {
        set_aside(ref, why);
        continue;
      }
    if (auto const live = u->second.live.find(ref.device); live != u->second.live.end()) u->second.base.insert_or_assign(ref.device, live->second);
    if (e.device) e.device = settled(e.device, models);
    set_live(ref, e.device);
  }
  for (bool again = true; again;) {
    again = false;
    for (auto const& code : codes_)
      for (auto const& d : devices(code)) {
        auto why = parent_fault(d);
        if (why.empty()) continue;
        set_aside({d.unit, d.id}, why);
        auto const base = units_.at(code).base.find(d.id);
        bool const back = base != units_.at(code).base.end() && !(*base->second == d) && fault(*base->second, models).empty();
        set_live({d.unit, d.id}, back ? base->second : nullptr);
        again = true;
      }
  }
  entries_ = std::move(saved);
  return aside;
}

}  // namespace ioc::pipeline
