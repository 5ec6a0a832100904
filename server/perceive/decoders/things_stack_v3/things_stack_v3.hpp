#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_things_stack_v3(decode_input const& in);

}  // namespace ioc::perceive
