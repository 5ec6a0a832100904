#include "perceive/decoders/ha_siren/ha_siren.hpp"

namespace ioc::perceive {

decoded decode_ha_siren(decode_input const&) { return decoded::rejected("the decoder ha_siren is being written"); }

}  // namespace ioc::perceive
