#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_sparkplug_b(decode_input const& in);

}  // namespace ioc::perceive
