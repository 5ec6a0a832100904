#pragma once
#include "core/device_list.hpp"
#include "core/ids.hpp"
#include "core/unit.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ioc::perceive {

// The devices that people registered, found by (unit, id) and by (unit, native name). Read only; a change of some units is another
// registry, which shares with this one all that has not changed. One native name serves all dialects of a device: a camera is the
// same camera to Frigate and to ONVIF.
class registry {
 public:
  registry() = default;
  // Throws std::invalid_argument, one plain sentence, on a unit, id or native name that stands twice, a bad id, a device
  // of an unknown unit or zone, or a parent that is not a device of the same unit.
  registry(std::vector<core::unit> units, core::device_list devices);
  // This one with other devices in the units named, all of each. Throws as the constructor.
  registry with(std::map<std::string, core::device_list> const& changed) const;

  bool has_unit(std::string_view unit) const;
  core::device const* by_id(std::string_view unit, std::string_view id) const;
  // Case-insensitive, as devEuis and MAC addresses are written both ways. The name "gateway/native" is tried first: two gateways
  // of a unit may each have a "cua-1".
  core::device const* by_native(std::string_view unit, std::string_view native, std::string_view gateway = {}) const;
  // Why a message of this unit that arrives at `t` is not taken: there is no such unit, or its code is not yet or no longer valid.
  // Empty = it is taken.
  std::string refusal(std::string_view unit, core::time_point t) const;

  std::vector<core::unit> const& units() const { return units_; }
  core::device_list const& devices() const { return devices_; }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  // One unit's devices. The names are the devices' own, which live as long as the list.
  struct name_hash {
    std::size_t operator()(std::string_view s) const noexcept;  // small and capital letters alike
  };
  struct name_equal {
    bool operator()(std::string_view a, std::string_view b) const noexcept;
  };
  struct part {
    core::device_list devices;
    std::unordered_map<std::string_view, std::uint32_t> by_id;
    std::unordered_map<std::string_view, std::uint32_t, name_hash, name_equal> by_native;
  };
  using index = std::unordered_map<std::string, std::size_t, text_hash, std::equal_to<>>;
  static std::shared_ptr<part const> make(core::unit const& unit, core::device_list devices);
  part const* part_of(std::string_view unit) const;
  void list_all();

  std::vector<core::unit> units_;
  index by_unit_;
  std::vector<std::shared_ptr<part const>> parts_;  // as units_; null = no devices
  core::device_list devices_;
};

}  // namespace ioc::perceive
