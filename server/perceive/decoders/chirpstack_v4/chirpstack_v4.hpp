#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// ChirpStack v4, application/{id}/device/{devEui}/event/{up,status,join,ack,txack,log,location,integration}.
// The values are those of the codec's `object` (see lorawan_object); a message without one says how it was heard. Missing keys are
// protobuf's zeros and mean nothing here, but for `acknowledged`.
decoded decode_chirpstack_v4(decode_input const& in);

}  // namespace ioc::perceive
