#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_rtl_433(decode_input const& in);

}  // namespace ioc::perceive
