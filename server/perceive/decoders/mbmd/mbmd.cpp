#include "perceive/decoders/mbmd/mbmd.hpp"

namespace ioc::perceive {

decoded decode_mbmd(decode_input const&) { return decoded::rejected("the decoder mbmd is being written"); }

}  // namespace ioc::perceive
