#include "perceive/registry.hpp"

#include "perceive/json_read.hpp"

#include <algorithm>
#include <stdexcept>

namespace ioc::perceive {
namespace {
// NUL can stand in neither part.
std::string joined(std::string_view unit, std::string_view name) {
  std::string key;
  key.reserve(unit.size() + name.size() + 1);
  key.append(unit).push_back('\0');
  key.append(name);
  return key;
}
}  // namespace

registry::registry(std::vector<core::unit> units, std::vector<core::device> devices) : units_(std::move(units)), devices_(std::move(devices)) {
  for (std::size_t i = 0; i < units_.size(); ++i)
    if (units_[i].code.empty() || !by_unit_.emplace(units_[i].code, i).second)
      throw std::invalid_argument("unit \"" + units_[i].code + "\" stands twice or has no code");
  for (auto const& u : units_)
    if (!u.parent.empty() && !by_unit_.count(u.parent)) throw std::invalid_argument("unit " + u.code + ": its parent " + u.parent + " does not exist");

  for (std::size_t i = 0; i < devices_.size(); ++i) {
    auto const& d = devices_[i];
    std::string const where = "device " + d.unit + "/" + d.id;
    if (!core::valid_device_name(d.id)) throw std::invalid_argument(where + ": an id is 1 to 64 of A-Z a-z 0-9 _ . -");
    auto const unit = by_unit_.find(d.unit);
    if (unit == by_unit_.end()) throw std::invalid_argument(where + ": there is no unit " + d.unit);
    auto const& zones = units_[unit->second].zones;
    if (!d.zone.empty() && std::none_of(zones.begin(), zones.end(), [&](core::zone const& z) { return z.id == d.zone; }))
      throw std::invalid_argument(where + ": its unit has no zone " + d.zone);
    if (!by_id_.emplace(joined(d.unit, d.id), i).second) throw std::invalid_argument(where + " stands twice");
    if (!d.native.empty() && !by_native_.emplace(joined(d.unit, lower(d.native)), i).second)
      throw std::invalid_argument(where + ": another device of the unit has the native name " + d.native);
    for (auto const& n : d.natives)
      if (n.empty() || (lower(n) != lower(d.native) && !by_native_.emplace(joined(d.unit, lower(n)), i).second && by_native_.at(joined(d.unit, lower(n))) != i))
        throw std::invalid_argument(where + ": another device of the unit has the native name " + n);
  }
  for (auto const& d : devices_) {
    if (!d.parent.empty() && (d.parent == d.id || !by_id(d.unit, d.parent)))
      throw std::invalid_argument("device " + d.unit + "/" + d.id + ": its parent " + d.parent + " is no other device of the unit");
    // Without a native name the id is it, unless another device has claimed that name.
    if (d.native.empty()) by_native_.emplace(joined(d.unit, lower(d.id)), by_id_.at(joined(d.unit, d.id)));
  }
}

bool registry::has_unit(std::string_view unit) const { return by_unit_.find(unit) != by_unit_.end(); }

core::device const* registry::look(index const& in, std::string_view unit, std::string_view name, bool fold) const {
  // On the stack: this runs once a message. Longer names than this are no device's.
  char key[256];
  if (unit.size() + name.size() + 1 > sizeof key) return nullptr;
  auto* p = std::copy(unit.begin(), unit.end(), key);
  *p++ = '\0';
  for (char c : name) *p++ = fold && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  auto const it = in.find(std::string_view(key, static_cast<std::size_t>(p - key)));
  return it == in.end() ? nullptr : &devices_[it->second];
}

core::device const* registry::by_id(std::string_view unit, std::string_view id) const { return look(by_id_, unit, id, false); }

core::device const* registry::by_native(std::string_view unit, std::string_view native, std::string_view gateway) const {
  if (!gateway.empty()) {
    char name[256];
    if (gateway.size() + 1 + native.size() <= sizeof name) {
      auto* p = std::copy(gateway.begin(), gateway.end(), name);
      *p++ = '/';
      p = std::copy(native.begin(), native.end(), p);
      if (auto const* d = look(by_native_, unit, std::string_view(name, static_cast<std::size_t>(p - name)), true)) return d;
    }
  }
  return look(by_native_, unit, native, true);
}

std::string registry::refusal(std::string_view unit, core::time_point t) const {
  auto const it = by_unit_.find(unit);
  if (it == by_unit_.end()) return "there is no unit " + std::string(unit.substr(0, 32));
  auto const& u = units_[it->second];
  auto const day = [](core::time_point at) { return core::to_iso(at + core::local_offset).substr(0, 10); };
  if (u.valid_from && t < *u.valid_from) return "the unit code " + u.code + " is valid only from " + day(*u.valid_from);
  if (u.valid_to && t >= *u.valid_to) return "the unit code " + u.code + " is not valid any more since " + day(*u.valid_to);
  return {};
}

}  // namespace ioc::perceive
