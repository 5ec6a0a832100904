#pragma once
#include "perceive/decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ioc::perceive::test {

// One dialect with its memory, as a source has it: messages go in one after the other. Arrival is 2026-01-05T03:00:00Z unless changed.
struct ear {
  decode_function decode;
  dialect_memory memory;
  decoder_settings settings;
  core::time_point arrival = core::from_ms(1'767'582'000'000);

  explicit ear(decode_function f) : decode(f) {}

  decoded hear(std::string_view topic, std::string_view payload, bool retain = false) {
    decode_input const in{topic, payload, arrival, retain, &settings, &memory, "gw"};
    return decode(in);
  }
};

// The first element's value of "metric/channel" as JSON text with its unit ("20.5 Cel", "true", "\"playing\""); "-" where there is none.
inline std::string value_of(decoded const& d, std::string_view name) {
  for (auto const& e : d.elements)
    for (auto const& r : e.readings)
      if (r.full_name() == name) return core::to_json(r.v) + (r.unit.empty() ? "" : " " + r.unit);
  return "-";
}

// "accept/event MyDevice", "ignore", "reject: why"
inline std::string gist(decoded const& d) {
  auto out = std::string(to_text(d.outcome));
  if (d.outcome == decode_outcome::reject) return out + ": " + d.reason;
  if (d.outcome == decode_outcome::ignore) return out;
  return out + "/" + std::string(to_text(d.kind)) + " " + (d.elements.empty() ? std::string() : d.elements.front().native);
}

inline std::string time_of(decoded const& d) { return d.elements.empty() || !d.elements.front().t ? "-" : core::to_iso(*d.elements.front().t); }

// "siren_on -> ack topic" or "ack id"
inline std::string command_of(decoded const& d) {
  if (!d.command) return "-";
  return d.command->action + (d.command->to_device ? " -> " + d.command->ack_topic : " " + d.command->id);
}

}  // namespace ioc::perceive::test
