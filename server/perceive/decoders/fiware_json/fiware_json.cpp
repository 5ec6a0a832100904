#include "perceive/decoders/fiware_json/fiware_json.hpp"

namespace ioc::perceive {

decoded decode_fiware_json(decode_input const&) { return decoded::rejected("the decoder fiware_json is being written"); }

}  // namespace ioc::perceive
