#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// ONVIF event bridge: {TopicPrefix}/onvif-ej/{event topic}[/&{source values}]; the prefix names the device and may hold '/'.
// Property events are retained; an empty payload deletes one.
decoded decode_onvif_events(decode_input const& in);

}  // namespace ioc::perceive
