#include "perceive/decoders/thingsboard/thingsboard.hpp"

namespace ioc::perceive {

decoded decode_thingsboard(decode_input const&) { return decoded::rejected("the decoder thingsboard is being written"); }

}  // namespace ioc::perceive
