#include "perceive/decoders/fiware_ul/fiware_ul.hpp"

namespace ioc::perceive {

decoded decode_fiware_ul(decode_input const&) { return decoded::rejected("the decoder fiware_ul is being written"); }

}  // namespace ioc::perceive
