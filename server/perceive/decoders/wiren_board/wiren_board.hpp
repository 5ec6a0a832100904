#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_wiren_board(decode_input const& in);

}  // namespace ioc::perceive
