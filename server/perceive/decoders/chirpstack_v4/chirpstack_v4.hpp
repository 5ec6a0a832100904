#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// ChirpStack v4, application/{id}/device/{devEui}/event/{up,status,join,ack,txack,log,location,integration}.
// The values are those of the codec's `object`: Milesight's typed keys and Dragino's upper-case ones are understood.
decoded decode_chirpstack_v4(decode_input const& in);

}  // namespace ioc::perceive
