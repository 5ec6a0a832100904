#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Shairport Sync (AirPlay receivers): {topic}/play_start and the like, whose payload "--" is an empty mark, {topic}/volume as
// "airplay,dB,min,max" with -144 = mute, {topic}/remote. The topic before the last level names the device and may hold '/'.
decoded decode_shairport(decode_input const& in);

}  // namespace ioc::perceive
