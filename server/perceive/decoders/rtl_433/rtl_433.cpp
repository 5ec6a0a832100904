#include "perceive/decoders/rtl_433/rtl_433.hpp"

namespace ioc::perceive {

decoded decode_rtl_433(decode_input const&) { return decoded::rejected("the decoder rtl_433 is being written"); }

}  // namespace ioc::perceive
