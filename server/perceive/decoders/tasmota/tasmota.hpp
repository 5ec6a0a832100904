#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_tasmota(decode_input const& in);

}  // namespace ioc::perceive
