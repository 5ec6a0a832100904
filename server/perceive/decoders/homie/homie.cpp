#include "perceive/decoders/homie/homie.hpp"

namespace ioc::perceive {

decoded decode_homie(decode_input const&) { return decoded::rejected("the decoder homie is being written"); }

}  // namespace ioc::perceive
