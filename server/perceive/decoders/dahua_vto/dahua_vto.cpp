#include "perceive/decoders/dahua_vto/dahua_vto.hpp"

namespace ioc::perceive {

decoded decode_dahua_vto(decode_input const&) { return decoded::rejected("the decoder dahua_vto is being written"); }

}  // namespace ioc::perceive
