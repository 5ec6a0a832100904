#include "perceive/decoders/chirpstack_v4/chirpstack_v4.hpp"

#include "perceive/decoders/lorawan_object/lorawan_object.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

void read_radio(json::value const& root, decoded_element& e) {
  auto const* radio = member(&root, "rxInfo");
  if (!radio || !radio->is_array()) return;
  std::size_t heard = 0;
  for (auto const& rx : radio->get_array()) {
    if (++heard > 16) return;  // more gateways than this tell nothing
    auto const gateway = text(member(&rx, "gatewayId"));
    if (!gateway || gateway->size() > 64) continue;
    if (auto const n = number(member(&rx, "rssi"))) e.readings.push_back({"rssi", std::string(*gateway), "dBm", *n});
    if (auto const n = number(member(&rx, "snr"))) e.readings.push_back({"snr", std::string(*gateway), "dB", *n});
  }
}

// What the network server calls the device; said with what is rare, not with every uplink.
void read_names(json::value const& root, std::string const& eui, decoded& d) {
  auto const* info = member(&root, "deviceInfo");
  d.discovered.push_back({eui, std::string(text(member(info, "deviceName")).value_or("")), "", std::string(text(member(info, "deviceProfileName")).value_or("")), "", {}});
}

decoded read_uplink(json::value const& root, decoded d) {
  auto& e = d.elements.front();
  if (auto const n = number(member(&root, "fCnt")); n && *n >= 0 && *n < 4294967296.0) e.seq = static_cast<std::uint64_t>(*n);
  if (auto const* object = member(&root, "object")) read_lorawan_object(*object, e);
  if (tells_of_an_event(e)) d.kind = message_kind::event;
  read_radio(root, e);
  if (e.readings.empty()) return decoded::ignored("an uplink without values: no codec and no radio report", d.kind);
  return d;
}

}  // namespace

decoded decode_chirpstack_v4(decode_input const& in) {
  // application/{id}/device/{devEui}/{event|command}/{what}
  std::array<std::string_view, 6> level{};
  auto rest = in.topic;
  for (std::size_t i = 0; i < 6; ++i) {
    auto const slash = rest.find('/');
    level[i] = rest.substr(0, slash);
    if ((slash == std::string_view::npos) != (i == 5)) return decoded::rejected("not a ChirpStack topic");
    if (i < 5) rest = rest.substr(slash + 1);
  }
  if (level[0] != "application" || level[2] != "device" || level[3].empty()) return decoded::rejected("not a ChirpStack topic");
  std::string const eui(level[3]);
  auto const what = level[5];

  if (level[4] == "command") {
    auto d = decoded::of(message_kind::command, eui);
    json_text const doc(in.payload);  // the queue item's own id, which ack and txack repeat; without one ChirpStack makes it up
    d.command = decoded_command{true, what == "down" ? "downlink" : std::string(what), cut(text(member(&doc.root, "id")).value_or(""), 64),
                                "application/" + std::string(level[1]) + "/device/" + eui + "/event/ack"};
    return d;
  }
  if (level[4] != "event") return decoded::rejected("not a ChirpStack topic");
  if (trimmed(in.payload).empty()) return decoded::ignored("empty payload");
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a ChirpStack event is an object");
  auto const said = text(member(member(&doc.root, "deviceInfo"), "devEui"));
  if (said && !equal_fold(*said, eui)) return decoded::rejected("devEui of topic and payload differ");

  auto d = decoded::of(message_kind::telemetry, eui);
  auto& e = d.elements.front();
  if (auto const* t = member(&doc.root, "time"); t && !t->is_null()) {
    e.t = instant(t, in.settings);
    e.time_refused = !e.t;
  }
  // ChirpStack's own mark of one uplink heard by many gateways; the kind belongs to it.
  if (auto const id = text(member(&doc.root, "deduplicationId"))) e.identity = std::string(what) + "/" + std::string(*id);
  e.content = hash_of(in.payload);

  if (what == "up") return read_uplink(doc.root, std::move(d));
  if (what == "status") {
    d.kind = message_kind::status;
    auto const mains = truth(member(&doc.root, "externalPowerSource"));
    // On mains power, and where the device could not tell, the level that stands there is 0 and means nothing.
    if (auto const n = number(member(&doc.root, "batteryLevel")); n && mains != true && truth(member(&doc.root, "batteryLevelUnavailable")) != true)
      e.readings.push_back({"battery_level", "", "%", *n});
    if (mains) e.readings.push_back({"external_power", "", "", *mains});
    if (auto const n = number(member(&doc.root, "margin"))) e.readings.push_back({"snr", "margin", "dB", *n});
    if (e.readings.empty()) return decoded::ignored("a status without values", d.kind);
    read_names(doc.root, eui, d);
    return d;
  }
  if (what == "join") {
    d.kind = message_kind::status;
    e.online = true;
    e.readings.push_back({"online", "", "", true});
    read_names(doc.root, eui, d);
    return d;
  }
  if (what == "ack" || what == "txack") {
    d.kind = message_kind::command;
    auto const id = text(member(&doc.root, "queueItemId"));
    // A txack only says that the gateway has sent; the device's word is `acknowledged`, left out where it is false.
    bool const refused = what == "ack" && truth(member(&doc.root, "acknowledged")) != true;
    d.command = decoded_command{false, refused ? "nack" : std::string(what), id ? std::string(*id) : "", ""};
    if (what == "ack") e.readings.push_back({"command_status", "", "", std::string(refused ? "failed" : "ok")});
    return d;
  }
  if (what == "location") {
    auto const* where = member(&doc.root, "location");
    for (auto const& [key, metric] : {std::pair{"latitude", "position_latitude"}, std::pair{"longitude", "position_longitude"}})
      if (auto const n = number(member(where, key))) e.readings.push_back({metric, "", "deg", *n});
    if (e.readings.empty()) return decoded::ignored("a location without a place");
    return d;
  }
  if (what == "log" || what == "integration") return decoded::ignored("ChirpStack's " + std::string(what) + " is not kept");
  return decoded::rejected("unknown ChirpStack event \"" + cut(what, 64) + "\"");
}

}  // namespace ioc::perceive
