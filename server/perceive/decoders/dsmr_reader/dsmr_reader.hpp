#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_dsmr_reader(decode_input const& in);

}  // namespace ioc::perceive
