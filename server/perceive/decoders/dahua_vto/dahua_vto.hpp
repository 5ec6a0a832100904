#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_dahua_vto(decode_input const& in);

}  // namespace ioc::perceive
