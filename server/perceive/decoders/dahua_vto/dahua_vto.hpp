#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Dahua door stations behind DahuaVTO2MQTT: {prefix}/{event}/Event and the command {prefix}/Command/Open. The serial number in the
// payload names the device. Action is Start, Stop or Pulse; Data.UTC is the time.
decoded decode_dahua_vto(decode_input const& in);

}  // namespace ioc::perceive
