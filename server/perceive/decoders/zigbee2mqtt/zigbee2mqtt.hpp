#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Zigbee2MQTT: {base}/{friendly name} as an object or one topic a property, availability, bridge/….
// `contact` false is an open door; `voltage` is mV on battery devices and V on mains.
decoded decode_zigbee2mqtt(decode_input const& in);

}  // namespace ioc::perceive
