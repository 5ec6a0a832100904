#include "perceive/decoders/onvif_metadata/onvif_metadata.hpp"

namespace ioc::perceive {

decoded decode_onvif_metadata(decode_input const&) { return decoded::rejected("the decoder onvif_metadata is being written"); }

}  // namespace ioc::perceive
