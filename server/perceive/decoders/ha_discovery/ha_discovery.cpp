#include "perceive/decoders/ha_discovery/ha_discovery.hpp"

namespace ioc::perceive {

decoded decode_ha_discovery(decode_input const&) { return decoded::rejected("the decoder ha_discovery is being written"); }

}  // namespace ioc::perceive
