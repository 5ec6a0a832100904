#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_shelly_gen1(decode_input const& in);

}  // namespace ioc::perceive
