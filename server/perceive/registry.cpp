#include "perceive/registry.hpp"

#include <algorithm>
#include <stdexcept>

namespace ioc::perceive {
namespace {

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::size_t registry::name_hash::operator()(std::string_view s) const noexcept {
  std::uint64_t h = 14695981039346656037u;  // FNV-1a
  for (char c : s) h = (h ^ static_cast<unsigned char>(small(c))) * 1099511628211u;
  return static_cast<std::size_t>(h ^ (h >> 29));
}

bool registry::name_equal::operator()(std::string_view a, std::string_view b) const noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return small(x) == small(y); });
}

registry::registry(std::vector<core::unit> units, core::device_list devices) : units_(std::move(units)) {
  for (std::size_t i = 0; i < units_.size(); ++i)
    if (units_[i].code.empty() || !by_unit_.emplace(units_[i].code, i).second)
      throw std::invalid_argument("unit \"" + units_[i].code + "\" stands twice or has no code");
  for (auto const& u : units_)
    if (!u.parent.empty() && !by_unit_.count(u.parent)) throw std::invalid_argument("unit " + u.code + ": its parent " + u.parent + " does not exist");

  std::vector<core::device_list> of(units_.size());
  for (auto const& d : devices.shared()) {
    auto const unit = by_unit_.find(d->unit);
    if (unit == by_unit_.end()) throw std::invalid_argument("device " + d->unit + "/" + d->id + ": there is no unit " + d->unit);
    of[unit->second].push_back(d);
  }
  parts_.resize(units_.size());
  for (std::size_t i = 0; i < units_.size(); ++i)
    if (!of[i].empty()) parts_[i] = make(units_[i], std::move(of[i]));
  list_all();
}

registry registry::with(std::map<std::string, core::device_list> const& changed) const {
  registry out = *this;
  for (auto const& [code, devices] : changed) {
    auto const unit = by_unit_.find(code);
    if (unit == by_unit_.end()) throw std::invalid_argument("there is no unit " + code);
    out.parts_[unit->second] = make(units_[unit->second], devices);
  }
  out.list_all();
  return out;
}

void registry::list_all() {
  std::size_t n = 0;
  for (auto const& p : parts_) n += p ? p->devices.size() : 0;
  core::device_list all;
  all.reserve(n);
  for (auto const& p : parts_)
    if (p) all.append(p->devices);
  devices_ = std::move(all);
}

std::shared_ptr<registry::part const> registry::make(core::unit const& unit, core::device_list devices) {
  auto const out = std::make_shared<part>();
  out->devices = std::move(devices);
  auto const& all = out->devices;
  out->by_id.reserve(all.size());
  out->by_native.reserve(all.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    auto const& d = all[i];
    std::string const where = "device " + d.unit + "/" + d.id;
    if (!core::valid_device_name(d.id)) throw std::invalid_argument(where + ": an id is 1 to 64 of A-Z a-z 0-9 _ . -");
    if (d.unit != unit.code) throw std::invalid_argument(where + " is not of unit " + unit.code);
    if (!d.zone.empty() && std::none_of(unit.zones.begin(), unit.zones.end(), [&](core::zone const& z) { return z.id == d.zone; }))
      throw std::invalid_argument(where + ": its unit has no zone " + d.zone);
    if (!out->by_id.emplace(d.id, i).second) throw std::invalid_argument(where + " stands twice");
    auto const claim = [&](std::string const& name) { return !name.empty() && out->by_native.emplace(name, i).first->second == i; };
    if (!d.native.empty() && !claim(d.native)) throw std::invalid_argument(where + ": another device of the unit has the native name " + d.native);
    for (auto const& n : d.natives)
      if (!claim(n)) throw std::invalid_argument(where + ": another device of the unit has the native name " + n);
  }
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    auto const& d = all[i];
    if (!d.parent.empty() && (d.parent == d.id || !out->by_id.count(d.parent)))
      throw std::invalid_argument("device " + d.unit + "/" + d.id + ": its parent " + d.parent + " is no other device of the unit");
    // Without a native name the id is it, unless another device has claimed that name.
    if (d.native.empty()) out->by_native.emplace(d.id, i);
  }
  return out;
}

bool registry::has_unit(std::string_view unit) const { return by_unit_.find(unit) != by_unit_.end(); }

registry::part const* registry::part_of(std::string_view unit) const {
  auto const it = by_unit_.find(unit);
  return it == by_unit_.end() ? nullptr : parts_[it->second].get();
}

core::device const* registry::by_id(std::string_view unit, std::string_view id) const {
  auto const* in = part_of(unit);
  if (!in) return nullptr;
  auto const it = in->by_id.find(id);
  return it == in->by_id.end() ? nullptr : &in->devices[it->second];
}

core::device const* registry::by_native(std::string_view unit, std::string_view native, std::string_view gateway) const {
  auto const* in = part_of(unit);
  if (!in) return nullptr;
  auto const look = [&](std::string_view name) -> core::device const* {
    auto const it = in->by_native.find(name);
    return it == in->by_native.end() ? nullptr : &in->devices[it->second];
  };
  if (!gateway.empty()) {
    char name[256];
    if (gateway.size() + 1 + native.size() <= sizeof name) {
      auto* p = std::copy(gateway.begin(), gateway.end(), name);
      *p++ = '/';
      p = std::copy(native.begin(), native.end(), p);
      if (auto const* d = look(std::string_view(name, static_cast<std::size_t>(p - name)))) return d;
    }
  }
  return look(native);
}

std::string registry::refusal(std::string_view unit, core::time_point t) const {
  auto const it = by_unit_.find(unit);
  if (it == by_unit_.end()) return "there is no unit " + std::string(unit.substr(0, 32));
  auto const& u = units_[it->second];
  if (!u.kind.empty() && u.kind != "commune") return "unit " + u.code + " is no commune: devices belong to communes";
  auto const day = [](core::time_point at) { return core::to_iso(at + core::local_offset).substr(0, 10); };
  if (u.valid_from && t < *u.valid_from) return "the unit code " + u.code + " is valid only from " + day(*u.valid_from);
  if (u.valid_to && t >= *u.valid_to) return "the unit code " + u.code + " is not valid any more since " + day(*u.valid_to);
  return {};
}

}  // namespace ioc::perceive
