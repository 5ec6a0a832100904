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

#include "perceive/json_read.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {

namespace {
// Numbers that sensors' firmwares write where they have measured nothing, whatever carries them: −127 °C of a lost DS18B20, a 16-bit
// register full of ones in tenths or hundredths, 999. They are kept, and never believed.
void doubt_sentinels(decoded& d) {
  static constexpr std::array degrees{-127.0, -999.0, -9999.0, 999.0, 9999.0, 3276.7, -3276.8, 6553.5, 65535.0};
  for (auto& e : d.elements)
    for (auto& r : e.readings) {
      auto const* v = std::get_if<double>(&r.v);
      if (!v) continue;
      bool const nothing = r.unit == "Cel" ? std::find(degrees.begin(), degrees.end(), *v) != degrees.end() : r.metric == "relative_humidity" && *v > 200;
      if (nothing) r.q = core::quality::bad;
    }
}

// Images and other bytes that a dialect of texts carries as well; its decoder steps over them.
bool no_text_here(std::string_view topic) {
  for (std::string_view last : {"/snapshot", "/thumbnail", "/preview", "/cover", "/PICT"})
    if (topic.ends_with(last)) return true;
  auto const slash = topic.rfind('/');  // Shairport's raw metadata: DAAP's own bytes
  auto const before = slash == topic.npos ? std::string_view{} : topic.substr(0, slash);
  return before.ends_with("/ssnc") || before.ends_with("/core");
}

// What is no text at all is damaged, whatever its topic would be good for: it is kept and shown, not passed over. NULs at the end and the
// colours of a log are harmless.
std::string_view why_no_text(std::string_view payload) {
  auto const end = payload.find_last_not_of('\0');
  payload = payload.substr(0, end == payload.npos ? 0 : end + 1);
  for (char const c : payload)
    if (static_cast<unsigned char>(c) < 0x20 && std::string_view("\t\n\v\f\r\b\x1b").find(c) == std::string_view::npos) return "the payload has control bytes: it is no text";
  return valid_utf8(payload) ? "" : "payload is not valid UTF-8";
}

bool blank(std::string_view payload, std::size_t most) { return payload.size() > most && payload.find_first_not_of('\0') == payload.npos; }
decoded refuse_blank() { return decoded::rejected("the payload is nothing but NUL bytes"); }

template <decode_function Decode>
decoded textual(decode_input const& in) {
  if (!no_text_here(in.topic)) {
    if (blank(in.payload, 1)) return refuse_blank();
    if (auto const why = why_no_text(in.payload); !why.empty()) return decoded::rejected(std::string(why));
  } else if (blank(in.payload, 16)) {  // a number of DAAP may be 0
    return refuse_blank();
  }
  return Decode(in);
}

// For dialects that check each payload themselves, be it bytes or XML in another encoding.
template <decode_function Decode>
decoded not_blank(decode_input const& in) {
  return blank(in.payload, 1) ? refuse_blank() : Decode(in);
}

template <decode_function Decode, decode_function Read = textual<Decode>>
decoded doubting(decode_input const& in) {
  auto d = Read(in);
  doubt_sentinels(d);
  return d;
}

struct named {
  std::string_view name;
  std::string_view family;  // as the vectors file calls it
  decode_function decode;
};
constexpr std::array all{
    named{"native", "native", not_blank<decode_native>},
    named{"chirpstack_v4", "chirpstack-v4", doubting<decode_chirpstack_v4>},
    named{"shelly_gen2", "shelly-gen2", doubting<decode_shelly_gen2>},
    named{"zigbee2mqtt", "zigbee2mqtt", doubting<decode_zigbee2mqtt>},
    named{"frigate", "frigate", doubting<decode_frigate>},
    named{"onvif_events", "onvif-ej", doubting<decode_onvif_events>},
    named{"onvif_metadata", "onvif-mj", doubting<decode_onvif_metadata>},
    named{"axis", "axis-mqtt", doubting<decode_axis>},
    named{"dahua_vto", "dahua-vto", doubting<decode_dahua_vto>},
    named{"neolink", "neolink", doubting<decode_neolink>},
    named{"shelly_gen1", "shelly-gen1", doubting<decode_shelly_gen1>},
    named{"tasmota", "tasmota", doubting<decode_tasmota>},
    named{"mbmd", "mbmd", doubting<decode_mbmd>},
    named{"wiren_board", "wirenboard", doubting<decode_wiren_board>},
    named{"ams_reader", "amsreader", doubting<decode_ams_reader>},
    named{"dsmr_reader", "dsmr-reader", doubting<decode_dsmr_reader>},
    named{"rtlamr", "rtlamr2mqtt", doubting<decode_rtlamr>},
    named{"wmbusmeters", "wmbusmeters", doubting<decode_wmbusmeters>},
    named{"opendtu", "opendtu", doubting<decode_opendtu>},
    named{"homie", "homie", doubting<decode_homie>},
    named{"sparkplug_b", "sparkplug-b", decode_sparkplug_b},
    named{"things_stack_v3", "tts-v3", doubting<decode_things_stack_v3>},
    named{"rtl_433", "rtl_433", doubting<decode_rtl_433>},
    named{"senml", "senml", doubting<decode_senml>},
    named{"thingsboard", "thingsboard", doubting<decode_thingsboard>},
    named{"ha_discovery", "ha-discovery", doubting<decode_ha_discovery>},
    named{"ha_siren", "ha-siren", doubting<decode_ha_siren>},
    named{"fiware_json", "fiware-json", doubting<decode_fiware_json>},
    named{"fiware_ul", "fiware-ul", doubting<decode_fiware_ul>},
    named{"sensorthings", "sensorthings", doubting<decode_sensorthings>},
    named{"thin_edge", "thin-edge", doubting<decode_thin_edge>},
    named{"esphome", "esphome", doubting<decode_esphome>},
    named{"sonos", "sonos2mqtt", doubting<decode_sonos>},
    named{"shairport", "shairport-sync", doubting<decode_shairport>},
    named{"hermes", "hermes-audio", doubting<decode_hermes, not_blank<decode_hermes>>},
    named{"cap", "cap-1.2", not_blank<decode_cap>},
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
