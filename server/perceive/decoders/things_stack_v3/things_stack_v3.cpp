#include "perceive/decoders/things_stack_v3/things_stack_v3.hpp"

#include "perceive/decoders/lorawan_object/lorawan_object.hpp"
#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// The network server's time is nearer to the radio than the application server's.
void read_time(json::value const& root, json::value const* inner, decoder_settings const* settings, decoded_element& e) {
  auto const* t = member(inner, "received_at");
  if (!t) t = member(&root, "received_at");
  if (!t || t->is_null()) return;
  e.t = instant(t, settings);
  e.time_refused = !e.t;
}

void read_radio(json::value const* uplink, decoded_element& e) {
  auto const* heard = member(uplink, "rx_metadata");
  if (!heard || !heard->is_array()) return;
  std::size_t gateways = 0;
  for (auto const& rx : heard->get_array()) {
    if (++gateways > 16) return;  // more gateways than this tell nothing
    auto const id = text(member(member(&rx, "gateway_ids"), "gateway_id"));
    if (!id || id->empty() || id->size() > 64) continue;
    if (auto const n = number(member(&rx, "rssi"))) e.readings.push_back({"rssi", std::string(*id), "dBm", *n});
    if (auto const n = number(member(&rx, "snr"))) e.readings.push_back({"snr", std::string(*id), "dB", *n});
  }
}

void read_place(json::value const* place, decoded_element& e) {
  auto const latitude = number(member(place, "latitude")), longitude = number(member(place, "longitude"));
  if (latitude) e.readings.push_back({"position_latitude", "", "deg", *latitude});
  if (longitude) e.readings.push_back({"position_longitude", "", "deg", *longitude});
}

// Where the device is: what somebody entered, else what was found out last.
void read_locations(json::value const* uplink, decoded_element& e) {
  auto const* all = member(uplink, "locations");
  if (!all || !all->is_object() || all->get_object().empty()) return;
  auto const* user = member(all, "user");
  read_place(user ? user : &all->get_object().begin()->value(), e);
}

decoded read_uplink(json::value const& root, json::value const* uplink, decode_input const& in, decoded d) {
  auto& e = d.elements.front();
  if (truth(member(&root, "simulated")) == true || truth(member(uplink, "simulated")) == true) return decoded::ignored("a simulated uplink: nothing was measured");
  read_time(root, uplink, in.settings, e);
  if (auto const n = number(member(uplink, "f_cnt")); n && *n >= 0 && *n < 4294967296.0) e.seq = static_cast<std::uint64_t>(*n);
  if (auto const* object = member(uplink, "decoded_payload")) read_lorawan_object(*object, e);
  if (auto const* normal = member(uplink, "normalized_payload")) {
    decoded_element more;
    read_normalized_payload(*normal, in.settings, more);
    // Both forms come in one message; what the device's own codec said is not said twice.
    for (auto& r : more.readings) {
      bool there = false;
      for (auto const& known : e.readings) there = there || (known.metric == r.metric && known.channel == r.channel && (!r.t || known.t == r.t));
      if (!there) e.readings.push_back(std::move(r));
    }
  }
  if (tells_of_an_event(e)) d.kind = message_kind::event;
  auto const* battery = member(uplink, "last_battery_percentage");
  if (auto const n = number(member(battery, "value"))) {
    decoded_reading r{"battery_level", "", "%", *n};
    if (auto const* t = member(battery, "received_at")) r.t = instant(t, in.settings);
    e.readings.push_back(std::move(r));
  }
  read_radio(uplink, e);
  read_locations(uplink, e);
  if (e.readings.empty()) return decoded::ignored("an uplink without values: no payload formatter and no radio report", d.kind);
  return d;
}

// The caller's mark among the correlation ids: the stack's own begin with the component that made them (as:downlink:…).
std::string correlation(json::value const* holder) {
  auto const* ids = member(holder, "correlation_ids");
  if (!ids || !ids->is_array()) return {};
  std::string_view first;
  for (auto const& id : ids->get_array()) {
    auto const s = text(&id);
    if (!s || s->size() > max_text) continue;
    if (first.empty()) first = *s;
    if (!s->starts_with("as:") && !s->starts_with("ns:") && !s->starts_with("gs:") && !s->starts_with("rpc:")) return std::string(*s);
  }
  return std::string(first);
}

decoded read_downlink(json::value const& root, std::string_view what, std::string_view base, decode_input const& in, decoded d) {
  d.kind = message_kind::command;
  auto& e = d.elements.front();
  if (what == "push" || what == "replace") {
    auto const* list = member(&root, "downlinks");
    if (!list || !list->is_array()) return decoded::rejected("a downlink request holds \"downlinks\", an array");
    auto const& all = list->get_array();
    d.command = decoded_command{true, "downlink", all.empty() ? "" : correlation(&all.front()), std::string(base) + "/down/ack"};
    return d;
  }
  auto const* body = member(&root, "downlink_" + std::string(what));
  auto const* inner = what == "failed" ? member(body, "downlink") : body;
  auto id = correlation(inner);
  if (id.empty()) id = correlation(&root);
  read_time(root, body, in.settings, e);
  bool const answered = what == "ack" || what == "nack" || what == "failed";
  d.command = decoded_command{false, what == "failed" ? "nack" : std::string(what), std::move(id), ""};
  // Queued and sent are the way, not the device's word.
  if (answered) e.readings.push_back({"command_status", "", "", std::string(what == "ack" ? "ok" : "failed")});
  auto const* error = member(body, "error");
  if (auto const why = text(member(error, "message_format")); why && !why->empty() && why->size() <= max_text) e.readings.push_back({"command_result", "", "", std::string(*why)});
  return d;
}

}  // namespace

decoded decode_things_stack_v3(decode_input const& in) {
  auto const level = topic_levels(in.topic);
  if (level.size() < 5 || level.size() > 6 || level[0] != "v3" || level[2] != "devices" || level[1].empty() || level[3].empty())
    return decoded::rejected("not a topic of The Things Stack");
  if (trimmed(in.payload).empty()) return decoded::ignored("empty payload");
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a message of The Things Stack is an object");
  auto const* ids = member(&doc.root, "end_device_ids");
  if (auto const said = text(member(ids, "device_id")); said && *said != level[3]) return decoded::rejected("device_id of topic and payload differ");

  auto d = decoded::of(message_kind::telemetry, std::string(level[3]));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  auto const what = level[4];
  auto const more = level.size() == 6 ? level[5] : std::string_view{};
  if (what == "up" && (more.empty() || more == "normalized")) {
    auto const* uplink = member(&doc.root, more.empty() ? "uplink_message" : "uplink_normalized");
    if (!uplink) uplink = member(&doc.root, more.empty() ? "uplink_normalized" : "uplink_message");
    if (!uplink || !uplink->is_object()) return decoded::rejected("an uplink without uplink_message");
    return read_uplink(doc.root, uplink, in, std::move(d));
  }
  if (what == "join" && more.empty()) {
    d.kind = message_kind::status;
    read_time(doc.root, member(&doc.root, "join_accept"), in.settings, e);
    e.online = true;
    e.readings.push_back({"online", "", "", true});
    return d;
  }
  if (what == "down") {
    for (std::string_view known : {"queued", "sent", "ack", "nack", "failed", "push", "replace"})
      if (more == known) return read_downlink(doc.root, known, in.topic.substr(0, in.topic.size() - more.size() - 6), in, std::move(d));
    if (more == "queue" || more == "invalidated" || more == "queue_invalidated") return decoded::ignored("the stack's own queue is not kept", message_kind::command);
  }
  if (what == "location" && more == "solved") {
    auto const* solved = member(&doc.root, "location_solved");
    read_time(doc.root, solved, in.settings, e);
    read_place(member(solved, "location"), e);
    if (e.readings.empty()) return decoded::ignored("a location without a place");
    return d;
  }
  if (what == "service" && more == "data") return decoded::ignored("what a network service adds is not kept");
  return decoded::rejected("unknown message \"" + cut(what, 32) + (more.empty() ? "" : "/" + cut(more, 32)) + "\" of The Things Stack");
}

}  // namespace ioc::perceive
