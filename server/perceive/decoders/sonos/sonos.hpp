#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Sonos speakers behind sonos2mqtt: sonos/{uuid} (state), …/control, …/error, sonos/status/{name}/…, sonos/cmd/…, sonos/set/…, sonos/connected.
// There is no positive answer to a command; …/error is the negative one and names no request.
decoded decode_sonos(decode_input const& in);

}  // namespace ioc::perceive
