#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_homie(decode_input const& in);

}  // namespace ioc::perceive
