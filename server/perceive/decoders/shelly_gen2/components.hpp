#pragma once
#include "perceive/decoder.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace ioc::perceive {

// Adds what one component of a Gen2+ device says, a full status or a delta of it; `component` is its key, "switch:0" or "sys".
// What a component declares about its own failures (errors[], "out_of_range:voltage") makes its quantities bad.
void read_shelly_component(std::string_view component, boost::json::value const& c, decoded_element& e);

// True for components that measure (em, temperature …): their messages are telemetry even when all that is left is a failure.
bool shelly_component_measures(std::string_view component);

}  // namespace ioc::perceive
