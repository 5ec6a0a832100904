#include "perceive/decoders/wmbusmeters/wmbusmeters.hpp"

namespace ioc::perceive {

decoded decode_wmbusmeters(decode_input const&) { return decoded::rejected("the decoder wmbusmeters is being written"); }

}  // namespace ioc::perceive
