#include "perceive/decoder.hpp"

#include "perceive/decoders/chirpstack_v4.hpp"
#include "perceive/decoders/frigate.hpp"
#include "perceive/decoders/native.hpp"
#include "perceive/decoders/onvif_events.hpp"
#include "perceive/decoders/shelly_gen2.hpp"
#include "perceive/decoders/zigbee2mqtt.hpp"

#include <array>

namespace ioc::perceive {

namespace {
struct named {
  std::string_view name;
  decode_function decode;
};
constexpr std::array all{
    named{"native", decode_native},           named{"chirpstack_v4", decode_chirpstack_v4}, named{"shelly_gen2", decode_shelly_gen2},
    named{"zigbee2mqtt", decode_zigbee2mqtt}, named{"frigate", decode_frigate},             named{"onvif_events", decode_onvif_events},
};
}  // namespace

decode_function find_decoder(std::string_view name) {
  for (auto const& d : all)
    if (d.name == name) return d.decode;
  return nullptr;
}

std::vector<std::string_view> decoder_names() {
  std::vector<std::string_view> out;
  for (auto const& d : all) out.push_back(d.name);
  return out;
}

std::string_view to_text(decode_outcome o) {
  switch (o) {
    case decode_outcome::accept: return "accept";
    case decode_outcome::ignore: return "ignore";
    case decode_outcome::reject: return "reject";
  }
  return "?";
}

std::string_view to_text(message_kind k) {
  switch (k) {
    case message_kind::telemetry: return "telemetry";
    case message_kind::event: return "event";
    case message_kind::status: return "status";
    case message_kind::command: return "command";
  }
  return "?";
}

decoded decoded::ignored(std::string why, message_kind k) {
  decoded d;
  d.outcome = decode_outcome::ignore;
  d.kind = k;
  d.reason = std::move(why);
  return d;
}

decoded decoded::rejected(std::string why) {
  decoded d;
  d.outcome = decode_outcome::reject;
  d.reason = std::move(why);
  return d;
}

decoded decoded::of(message_kind k, std::string native) {
  decoded d;
  d.kind = k;
  d.elements.emplace_back().native = std::move(native);
  return d;
}

std::string_view decoder_settings::word(std::string const& key, std::string_view fallback) const {
  auto const it = words.find(key);
  return it == words.end() ? fallback : std::string_view(it->second);
}

}  // namespace ioc::perceive
