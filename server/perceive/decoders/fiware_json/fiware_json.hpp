#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

decoded decode_fiware_json(decode_input const& in);

}  // namespace ioc::perceive
