#include "perceive/decoders/esphome/esphome.hpp"

namespace ioc::perceive {

decoded decode_esphome(decode_input const&) { return decoded::rejected("the decoder esphome is being written"); }

}  // namespace ioc::perceive
