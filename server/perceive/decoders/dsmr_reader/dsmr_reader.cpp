#include "perceive/decoders/dsmr_reader/dsmr_reader.hpp"

namespace ioc::perceive {

decoded decode_dsmr_reader(decode_input const&) { return decoded::rejected("the decoder dsmr_reader is being written"); }

}  // namespace ioc::perceive
