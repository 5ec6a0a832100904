#pragma once
#include "core/ids.hpp"
#include "core/unit.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ioc::perceive {

// The devices that people registered, found by (unit, id) and by (unit, native name). Built from the configuration, then
// read only. One native name serves all dialects of a device: a camera is the same camera to Frigate and to ONVIF.
class registry {
 public:
  registry() = default;
  // Throws std::invalid_argument, one plain sentence, on a unit, id or native name that stands twice, a bad id, a device
  // of an unknown unit or zone, or a parent that is not a device of the same unit.
  registry(std::vector<core::unit> units, std::vector<core::device> devices);

  bool has_unit(std::string_view unit) const;
  core::device const* by_id(std::string_view unit, std::string_view id) const;
  // Case-insensitive, as devEuis and MAC addresses are written both ways. The name "gateway/native" is tried first: two gateways
  // of a unit may each have a "cua-1".
  core::device const* by_native(std::string_view unit, std::string_view native, std::string_view gateway = {}) const;
  // Why a message of this unit that arrives at `t` is not taken: there is no such unit, or its code is not yet or no longer valid.
  // Empty = it is taken.
  std::string refusal(std::string_view unit, core::time_point t) const;

  std::vector<core::unit> const& units() const { return units_; }
  std::vector<core::device> const& devices() const { return devices_; }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  using index = std::unordered_map<std::string, std::size_t, text_hash, std::equal_to<>>;
  core::device const* look(index const& in, std::string_view unit, std::string_view name, bool fold) const;

  std::vector<core::unit> units_;
  std::vector<core::device> devices_;
  index by_unit_, by_id_, by_native_;
};

}  // namespace ioc::perceive
