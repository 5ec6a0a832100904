#include "perceive/decoders/sensorthings/sensorthings.hpp"

namespace ioc::perceive {

decoded decode_sensorthings(decode_input const&) { return decoded::rejected("the decoder sensorthings is being written"); }

}  // namespace ioc::perceive
