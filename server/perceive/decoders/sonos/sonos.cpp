#include "perceive/decoders/sonos/sonos.hpp"

namespace ioc::perceive {

decoded decode_sonos(decode_input const&) { return decoded::rejected("the decoder sonos is being written"); }

}  // namespace ioc::perceive
