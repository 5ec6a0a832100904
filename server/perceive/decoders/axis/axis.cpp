#include "perceive/decoders/axis/axis.hpp"

namespace ioc::perceive {

decoded decode_axis(decode_input const&) { return decoded::rejected("the decoder axis is being written"); }

}  // namespace ioc::perceive
