#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_ha_discovery(decode_input const& in);

}  // namespace ioc::perceive
