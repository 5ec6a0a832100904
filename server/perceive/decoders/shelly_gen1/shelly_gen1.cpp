#include "perceive/decoders/shelly_gen1/shelly_gen1.hpp"

namespace ioc::perceive {

decoded decode_shelly_gen1(decode_input const&) { return decoded::rejected("the decoder shelly_gen1 is being written"); }

}  // namespace ioc::perceive
