#include "perceive/decoders/shairport/shairport.hpp"

namespace ioc::perceive {

decoded decode_shairport(decode_input const&) { return decoded::rejected("the decoder shairport is being written"); }

}  // namespace ioc::perceive
