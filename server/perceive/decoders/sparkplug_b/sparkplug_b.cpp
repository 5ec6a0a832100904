#include "perceive/decoders/sparkplug_b/sparkplug_b.hpp"

namespace ioc::perceive {

decoded decode_sparkplug_b(decode_input const&) { return decoded::rejected("the decoder sparkplug_b is being written"); }

}  // namespace ioc::perceive
