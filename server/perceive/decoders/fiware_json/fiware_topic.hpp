#pragma once
#include "perceive/decoder.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

namespace ioc::perceive {

// A topic of a FIWARE IoT Agent: [/]{protocol}/{key}/{device}/{what}[/{rest}], commands and old agents without the protocol.
// `valid` is false for anything else. Views into the topic.
struct fiware_topic {
  bool valid = false;
  std::string_view key, device, what, rest;
};
fiware_topic read_fiware_topic(std::string_view topic, std::string_view protocol);

// `cmd` and `cmdexe` in both notations, {"ping": …} and device@ping|…: one topic, /{key}/{device}/cmd, carries both.
decoded read_fiware_command(fiware_topic const& topic, std::string_view protocol, decode_input const& in);

// One attribute: a scalar, {"type", "value"}, a GeoJSON point, or a "lat,lon" text under a name for a place.
void read_fiware_attribute(std::string_view name, boost::json::value const& v, decoder_settings const* settings, decoded_element& e);

}  // namespace ioc::perceive
