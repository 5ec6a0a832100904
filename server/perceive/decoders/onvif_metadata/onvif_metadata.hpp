#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_onvif_metadata(decode_input const& in);

}  // namespace ioc::perceive
