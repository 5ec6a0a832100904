#pragma once
#include "perceive/decoder.hpp"
#include "perceive/decoders/sparkplug_b/payload.hpp"
#include "perceive/decoders/sparkplug_b/state.hpp"

#include <optional>
#include <string_view>

namespace ioc::perceive::sparkplug {

// What a metric's free-text name means to us, in this order: the source's own setting "name:<metric name>" = "<metric> [unit]", then
// words in the name ("Meter/Total Active Power kW" → active_power), then the engineering unit alone where it leaves no doubt (kW).
// The unit is the property's, else the one that ends the name, else the canonical one. A number that none of them places is raw_value,
// a boolean digital_input, a text label: nothing is lost, and the raw name stays as the channel.
declared_metric name_metric(metric const& m, std::optional<std::uint32_t> type, decoder_settings const* settings);

// The canonical unit of one of our metrics, "" for booleans, texts and unknown names.
std::string_view canonical_unit(std::string_view metric);

// The vendor's texts about the device itself, from the names of a birth's metrics: Properties/Hardware Make …
void note_property(std::string_view name, std::string_view text, discovered_device& d);

// "Node Control/Next Server" → "next_server"
std::string control_action(std::string_view name);

}  // namespace ioc::perceive::sparkplug
