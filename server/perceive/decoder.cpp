#include "perceive/decoder.hpp"

#include "perceive/decoders/ams_reader/ams_reader.hpp"
#include "perceive/decoders/axis/axis.hpp"
#include "perceive/decoders/cap/cap.hpp"
#include "perceive/decoders/chirpstack_v4/chirpstack_v4.hpp"
#include "perceive/decoders/dahua_vto/dahua_vto.hpp"
#include "perceive/decoders/dsmr_reader/dsmr_reader.hpp"
#include "perceive/decoders/esphome/esphome.hpp"
#include "perceive/decoders/fiware_json/fiware_json.hpp"
#include "perceive/decoders/fiware_ul/fiware_ul.hpp"
#include "perceive/decoders/frigate/frigate.hpp"
#include "perceive/decoders/ha_discovery/ha_discovery.hpp"
#include "perceive/decoders/ha_siren/ha_siren.hpp"
#include "perceive/decoders/hermes/hermes.hpp"
#include "perceive/decoders/homie/homie.hpp"
#include "perceive/decoders/mbmd/mbmd.hpp"
#include "perceive/decoders/native/native.hpp"
#include "perceive/decoders/neolink/neolink.hpp"
#include "perceive/decoders/onvif_events/onvif_events.hpp"
#include "perceive/decoders/onvif_metadata/onvif_metadata.hpp"
#include "perceive/decoders/opendtu/opendtu.hpp"
#include "perceive/decoders/rtl_433/rtl_433.hpp"
#include "perceive/decoders/rtlamr/rtlamr.hpp"
#include "perceive/decoders/senml/senml.hpp"
#include "perceive/decoders/sensorthings/sensorthings.hpp"
#include "perceive/decoders/shairport/shairport.hpp"
#include "perceive/decoders/shelly_gen1/shelly_gen1.hpp"
#include "perceive/decoders/shelly_gen2/shelly_gen2.hpp"
#include "perceive/decoders/sonos/sonos.hpp"
#include "perceive/decoders/sparkplug_b/sparkplug_b.hpp"
#include "perceive/decoders/tasmota/tasmota.hpp"
#include "perceive/decoders/thin_edge/thin_edge.hpp"
#include "perceive/decoders/things_stack_v3/things_stack_v3.hpp"
#include "perceive/decoders/thingsboard/thingsboard.hpp"
#include "perceive/decoders/wiren_board/wiren_board.hpp"
#include "perceive/decoders/wmbusmeters/wmbusmeters.hpp"
#include "perceive/decoders/zigbee2mqtt/zigbee2mqtt.hpp"

#include <array>

namespace ioc::perceive {

namespace {
struct named {
  std::string_view name;
  std::string_view family;  // as the vectors file calls it
  decode_function decode;
};
constexpr std::array all{
    named{"native", "native", decode_native},
    named{"chirpstack_v4", "chirpstack-v4", decode_chirpstack_v4},
    named{"shelly_gen2", "shelly-gen2", decode_shelly_gen2},
    named{"zigbee2mqtt", "zigbee2mqtt", decode_zigbee2mqtt},
    named{"frigate", "frigate", decode_frigate},
    named{"onvif_events", "onvif-ej", decode_onvif_events},
    named{"onvif_metadata", "onvif-mj", decode_onvif_metadata},
    named{"axis", "axis-mqtt", decode_axis},
    named{"dahua_vto", "dahua-vto", decode_dahua_vto},
    named{"neolink", "neolink", decode_neolink},
    named{"shelly_gen1", "shelly-gen1", decode_shelly_gen1},
    named{"tasmota", "tasmota", decode_tasmota},
    named{"mbmd", "mbmd", decode_mbmd},
    named{"wiren_board", "wirenboard", decode_wiren_board},
    named{"ams_reader", "amsreader", decode_ams_reader},
    named{"dsmr_reader", "dsmr-reader", decode_dsmr_reader},
    named{"rtlamr", "rtlamr2mqtt", decode_rtlamr},
    named{"wmbusmeters", "wmbusmeters", decode_wmbusmeters},
    named{"opendtu", "opendtu", decode_opendtu},
    named{"homie", "homie", decode_homie},
    named{"sparkplug_b", "sparkplug-b", decode_sparkplug_b},
    named{"things_stack_v3", "tts-v3", decode_things_stack_v3},
    named{"rtl_433", "rtl_433", decode_rtl_433},
    named{"senml", "senml", decode_senml},
    named{"thingsboard", "thingsboard", decode_thingsboard},
    named{"ha_discovery", "ha-discovery", decode_ha_discovery},
    named{"ha_siren", "ha-siren", decode_ha_siren},
    named{"fiware_json", "fiware-json", decode_fiware_json},
    named{"fiware_ul", "fiware-ul", decode_fiware_ul},
    named{"sensorthings", "sensorthings", decode_sensorthings},
    named{"thin_edge", "thin-edge", decode_thin_edge},
    named{"esphome", "esphome", decode_esphome},
    named{"sonos", "sonos2mqtt", decode_sonos},
    named{"shairport", "shairport-sync", decode_shairport},
    named{"hermes", "hermes-audio", decode_hermes},
    named{"cap", "cap-1.2", decode_cap},
};
}  // namespace

decode_function find_decoder(std::string_view name) {
  for (auto const& d : all)
    if (d.name == name) return d.decode;
  return nullptr;
}

decode_function find_family(std::string_view family) {
  for (auto const& d : all)
    if (d.family == family) return d.decode;
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
