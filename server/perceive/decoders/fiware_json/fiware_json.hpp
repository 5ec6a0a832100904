#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// FIWARE IoT Agent for JSON: /json/{key}/{device}/attrs[/{name}], /{key}/{device}/cmd, /json/{key}/{device}/cmdexe, …/configuration/….
// Attribute names are the installer's: the setting `name:<attribute>` says what they mean, common short ones (h, t, l) are known.
// An array is a list of independent groups, one element each; `TimeInstant` is the group's time.
decoded decode_fiware_json(decode_input const& in);

}  // namespace ioc::perceive
