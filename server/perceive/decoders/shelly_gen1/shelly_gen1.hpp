#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Shelly Gen1: shellies/{id}/… with one plain value a topic (emeter, relay, roller, light, sensor, input, adc, ext_*), JSON in announce,
// info, status and input_event. total* is Wh for life, energy is W·min since the last start. Battery devices sleep: offline is their rule.
decoded decode_shelly_gen1(decode_input const& in);

}  // namespace ioc::perceive
