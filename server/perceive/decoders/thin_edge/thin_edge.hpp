#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_thin_edge(decode_input const& in);

}  // namespace ioc::perceive
