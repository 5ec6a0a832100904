#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Home Assistant MQTT sirens: homeassistant/siren/[{node}/]{object}/config names state, command and availability topics and their words;
// kept in the memory. Without one, {topic}/set is the command of {topic}, …/available its availability. None = the state is unknown.
decoded decode_ha_siren(decode_input const& in);

}  // namespace ioc::perceive
