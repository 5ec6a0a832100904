#include "perceive/decoders/neolink/neolink.hpp"

namespace ioc::perceive {

decoded decode_neolink(decode_input const&) { return decoded::rejected("the decoder neolink is being written"); }

}  // namespace ioc::perceive
