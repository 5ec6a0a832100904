#pragma once
#include "perceive/decoder.hpp"

#include <string>
#include <string_view>

namespace ioc::perceive {

// What Zigbee2MQTT says of its devices, apart from what they measure. `name` is the bridge's own native name.
// bridge/devices: the inventory; remembers the units that a device's exposes name, and offers every device for claiming.
decoded read_inventory(std::string const& name, std::string_view payload, dialect_memory* memory);
// bridge/event: a device joined, was interviewed, announced itself, left.
decoded read_bridge_event(std::string const& name, std::string_view payload);
// bridge/info: the bridge's version.
decoded read_bridge_info(std::string const& name, std::string_view payload);

// The remembered units of a device, "" when the inventory has not been heard; and one property's UCUM unit in them, "" when it is the usual one.
std::string_view units_of(dialect_memory const* memory, std::string_view friendly_name);
std::string_view unit_in(std::string_view units, std::string_view property);

}  // namespace ioc::perceive
