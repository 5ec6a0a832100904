#include "perceive/decoders/opendtu/opendtu.hpp"

namespace ioc::perceive {

decoded decode_opendtu(decode_input const&) { return decoded::rejected("the decoder opendtu is being written"); }

}  // namespace ioc::perceive
