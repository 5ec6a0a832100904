#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_neolink(decode_input const& in);

}  // namespace ioc::perceive
