#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// FIWARE IoT Agent for UltraLight 2.0: /ul/{key}/{device}/attrs[/{name}] with [time|]name|value|…, groups parted by '#', one element each;
// commands device@name|… as in fiware_json. Values have no type: what reads as a number is one.
decoded decode_fiware_ul(decode_input const& in);

}  // namespace ioc::perceive
