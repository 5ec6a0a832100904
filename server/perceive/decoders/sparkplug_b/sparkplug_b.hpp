#pragma once
#include "perceive/decoder.hpp"
#include "perceive/decoders/sparkplug_b/state.hpp"

#include <vector>

namespace ioc::perceive {

// Sparkplug B 3.0 as a host hears it: births, data by alias, deaths, commands on the bus, STATE. Native names are "group/node" and
// "group/node/device". What it has to remember stands in in.memory->sparkplug.
decoded decode_sparkplug_b(decode_input const& in);

// Rebirth requests that fall due without a message: a gap that nobody filled, a request that nobody answered.
std::vector<decoded_request> sparkplug_due(dialect_memory& memory, decoder_settings const& settings, core::time_point now);

// The host's own connection to the broker is there anew, at the time of that record.
void sparkplug_connected(dialect_memory& memory, decoder_settings const& settings, core::time_point at);

}  // namespace ioc::perceive
