#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Tasmota: tele|stat|cmnd and the device's topic in either order (FullTopic is configurable), then LWT, STATE, SENSOR, RESULT, POWERn, STATUSn.
// `Time` is local and without offset. A radio bridge (ZbReceived, LwReceived) speaks for other devices: "{bridge}/{Device}".
// Settings: rain_unit ("in" where SetOption says so; mm otherwise).
decoded decode_tasmota(decode_input const& in);

}  // namespace ioc::perceive
