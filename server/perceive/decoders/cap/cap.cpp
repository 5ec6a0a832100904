#include "perceive/decoders/cap/cap.hpp"

namespace ioc::perceive {

decoded decode_cap(decode_input const&) { return decoded::rejected("the decoder cap is being written"); }

}  // namespace ioc::perceive
