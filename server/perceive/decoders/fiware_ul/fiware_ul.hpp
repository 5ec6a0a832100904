#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_fiware_ul(decode_input const& in);

}  // namespace ioc::perceive
