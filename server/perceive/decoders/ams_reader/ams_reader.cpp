#include "perceive/decoders/ams_reader/ams_reader.hpp"

namespace ioc::perceive {

decoded decode_ams_reader(decode_input const&) { return decoded::rejected("the decoder ams_reader is being written"); }

}  // namespace ioc::perceive
