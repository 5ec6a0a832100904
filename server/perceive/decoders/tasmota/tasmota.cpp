#include "perceive/decoders/tasmota/tasmota.hpp"

namespace ioc::perceive {

decoded decode_tasmota(decode_input const&) { return decoded::rejected("the decoder tasmota is being written"); }

}  // namespace ioc::perceive
