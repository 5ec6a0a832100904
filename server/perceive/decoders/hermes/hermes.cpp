#include "perceive/decoders/hermes/hermes.hpp"

namespace ioc::perceive {

decoded decode_hermes(decode_input const&) { return decoded::rejected("the decoder hermes is being written"); }

}  // namespace ioc::perceive
