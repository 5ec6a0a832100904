#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// ESPHome over MQTT: {prefix}/{component}/{object}[/{part}]/{state,command}, {prefix}/status, {prefix}/debug, esphome/discover/{name}. The prefix is
// the device, the object's name the channel; what is measured comes from the setting `name:<object>`, from a Home Assistant discovery message
// that the same node has sent (memory), or from the words in the object's name. "nan" is a value that the node does not have.
decoded decode_esphome(decode_input const& in);

}  // namespace ioc::perceive
