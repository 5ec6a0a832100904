#include "perceive/decoders/things_stack_v3/things_stack_v3.hpp"

namespace ioc::perceive {

decoded decode_things_stack_v3(decode_input const&) { return decoded::rejected("the decoder things_stack_v3 is being written"); }

}  // namespace ioc::perceive
