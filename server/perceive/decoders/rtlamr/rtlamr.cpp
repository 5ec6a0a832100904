#include "perceive/decoders/rtlamr/rtlamr.hpp"

namespace ioc::perceive {

decoded decode_rtlamr(decode_input const&) { return decoded::rejected("the decoder rtlamr is being written"); }

}  // namespace ioc::perceive
