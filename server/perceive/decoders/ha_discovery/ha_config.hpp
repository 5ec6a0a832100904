#pragma once
#include "perceive/decoder.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// What one topic of a discovered entity carries and what it means; kept in dialect_memory under the topic. `metric` empty = no reading
// (a command's or an availability's topic). Texts as the device wrote them.
struct ha_binding {
  std::string config;    // the config topic that said it; deleting that forgets this
  std::string role;      // state, availability, command, position, attributes, json (several values in one object)
  std::string native;
  std::string platform;  // sensor, binary_sensor, switch …
  std::string key;       // the entity's name within the device
  std::string metric, channel, unit, said;
  int form = 0;          // of value_form
  bool inverted = false;
  std::string pattern;   // value_template
  std::string on, off;   // payload_on/off, payload_available/not_available
  std::string state_topic;  // of a command: where the answer comes
};

// All bindings of a topic; empty when no discovery message has named it.
std::vector<ha_binding> ha_bindings(dialect_memory const& memory, std::string_view topic);

// `topic` below the discovery prefix that ends in /config: remembers what it says, or forgets it when the payload is empty.
decoded read_ha_config(std::string_view topic, std::string_view prefix, decode_input const& in);

// A message on a bound topic.
decoded read_ha_message(std::vector<ha_binding> const& bindings, decode_input const& in);

}  // namespace ioc::perceive
