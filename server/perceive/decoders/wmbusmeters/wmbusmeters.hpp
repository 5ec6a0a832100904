#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// wmbusmeters: one JSON object a telegram; a shell hook publishes it, so the topic is anything. Identity is `id` (text: zeros in front
// count). The unit of a field is the end of its name (total_m3, voltage_at_phase_1_v), `media` names what flows, `timestamp` is UTC.
decoded decode_wmbusmeters(decode_input const& in);

}  // namespace ioc::perceive
