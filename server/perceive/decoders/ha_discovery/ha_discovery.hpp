#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Devices that announce themselves to Home Assistant: homeassistant/{component|device}/[{node}/]{object}/config, retained, tells state topic,
// unit, class and template of what follows on topics of any name; those are understood once their config has been heard (memory).
// The setting `prefix` names another discovery prefix. A topic that nobody has announced is rejected, as nobody can read it.
decoded decode_ha_discovery(decode_input const& in);

}  // namespace ioc::perceive
