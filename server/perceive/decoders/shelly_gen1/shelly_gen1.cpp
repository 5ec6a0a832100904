#include "perceive/decoders/shelly_gen1/shelly_gen1.hpp"

#include "perceive/decoders/shelly_gen1/scalar_topics.hpp"
#include "perceive/decode_help.hpp"
#include "perceive/ucum.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

core::quality judged(std::string_view metric, double v) { return shelly_gen1_sentinel(metric, v) ? core::quality::bad : core::quality::good; }

void add_if(decoded_element& e, std::string_view metric, std::string channel, std::string_view unit, json::value const* v, double divide = 1) {
  if (auto const n = scaled(v, unit, divide)) add_number(e, metric, std::move(channel), unit, *n, judged(metric, *n));
}

// {"value": 22.5, "units": "C", "is_valid": true}
void add_temperature(decoded_element& e, std::string_view metric, json::value const* t) {
  if (!t || !t->is_object()) return;
  auto const n = measured(member(t, "value") ? member(t, "value") : member(t, "tC"), "Cel");
  if (!n) return;
  auto const units = text(member(t, "units"));
  double const c = units && equal_fold(*units, "F") && !shelly_gen1_sentinel(metric, *n) ? convert(*n, "[degF]", "Cel").value_or(*n) : *n;
  add_number(e, metric, "", "Cel", c, truth(member(t, "is_valid")) == false ? core::quality::bad : judged(metric, *n));
}

decoded announce(json::value const& root, std::string device, std::string_view payload) {
  auto const id = text(member(&root, "id"));
  if (device.empty()) {
    if (!id || id->empty()) return decoded::rejected("an announcement names its device in id");
    device = *id;
  }
  auto d = decoded::of(message_kind::status, device);
  auto& e = d.elements.front();
  e.content = hash_of(payload);
  if (auto const fw = text(member(&root, "fw_ver"))) add_text(e, "firmware_version", "", *fw);
  if (auto const fresh = truth(member(&root, "new_fw"))) add_flag(e, "update_available", "", *fresh);
  discovered_device found;
  found.native = std::move(device);
  found.vendor = "Shelly";
  if (auto const model = text(member(&root, "model"))) found.model = std::string(*model);
  d.discovered.push_back(std::move(found));
  return d;
}

// shellies/{id}/info: the whole /status of the HTTP interface.
decoded info(json::value const& root, std::string device, decode_input const& in) {
  auto d = decoded::of(message_kind::status, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  if (auto const* t = member(&root, "unixtime"); t && number(t).value_or(0) != 0) {
    e.t = instant(t, in.settings);
    e.time_refused = !e.t;
  }
  add_if(e, "rssi", "", "dBm", member(member(&root, "wifi_sta"), "rssi"));
  add_if(e, "uptime", "", "s", member(&root, "uptime"));
  if (auto const b = truth(member(member(&root, "update"), "has_update"))) add_flag(e, "update_available", "", *b);
  if (auto const v = text(member(member(&root, "update"), "old_version"))) add_text(e, "firmware_version", "", *v);
  if (auto const b = truth(member(&root, "overtemperature"))) add_flag(e, "alarm", "overtemperature", *b);
  add_if(e, "battery_level", "", "%", member(member(&root, "bat"), "value"));
  add_if(e, "relative_humidity", "", "%", member(member(&root, "hum"), "value"));
  auto const* tmp = member(&root, "tmp");
  bool const battery = member(&root, "bat") != nullptr;
  add_temperature(e, battery ? "temperature" : "device_temperature", tmp);
  if (!tmp) add_if(e, "device_temperature", "", "Cel", member(&root, "temperature"));
  auto const each = [&](std::string_view key, auto f) {
    auto const* list = member(&root, key);
    if (!list || !list->is_array()) return;
    for (std::size_t i = 0; i < list->get_array().size() && i < 8; ++i) f(std::to_string(i), list->get_array()[i]);
  };
  each("relays", [&](std::string const& i, json::value const& r) {
    if (auto const b = truth(member(&r, "ison"))) add_flag(e, "switch_state", i, *b);
    if (truth(member(&r, "overpower")) == true) add_flag(e, "alarm", i + "/overpower", true);
  });
  each("meters", [&](std::string const& i, json::value const& m) {
    if (truth(member(&m, "is_valid")) == false) return;
    add_if(e, "active_power", i, "W", member(&m, "power"));
    add_if(e, "energy_import", i + "/since_boot", "kW.h", member(&m, "total"), 60000);
  });
  each("emeters", [&](std::string const& i, json::value const& m) {
    auto const from = e.readings.size();
    add_if(e, "active_power", i, "W", member(&m, "power"));
    add_if(e, "reactive_power", i, "var", member(&m, "reactive"));
    add_if(e, "power_factor", i, "1", member(&m, "pf"));
    add_if(e, "current", i, "A", member(&m, "current"));
    add_if(e, "voltage", i, "V", member(&m, "voltage"));
    add_if(e, "energy_import", i, "kW.h", member(&m, "total"), 1000);
    add_if(e, "energy_export", i, "kW.h", member(&m, "total_returned"), 1000);
    if (truth(member(&m, "is_valid")) == false)
      for (auto k = from; k < e.readings.size(); ++k) e.readings[k].q = core::quality::bad;
  });
  if (e.readings.empty()) return decoded::ignored("a status without a value that is kept", message_kind::status);
  return d;
}

// shellies/{id}/status of Motion and TRV: one object for the whole sensor.
decoded sensor_status(json::value const& root, std::string device, decode_input const& in) {
  auto d = decoded::of(message_kind::telemetry, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  if (auto const b = truth(member(&root, "motion"))) add_flag(e, "motion_detected", "", *b);
  if (auto const b = truth(member(&root, "vibration"))) add_flag(e, "alarm", "vibration", *b);
  add_if(e, "illuminance", "", "lx", member(&root, "lux"));
  auto const* bat = member(&root, "bat");
  add_if(e, "battery_level", "", "%", bat && bat->is_object() ? member(bat, "value") : bat);
  add_temperature(e, "temperature", member(&root, "tmp"));
  if (e.readings.empty()) return decoded::ignored("a status without a value that is kept", message_kind::status);
  if (member(&root, "motion")) d.kind = message_kind::event;
  return d;
}

// input_event/{n}: {"event":"S","event_cnt":2}; an empty event is the count after a start.
decoded input_event(std::string device, std::string_view input, json::value const& root, decode_input const& in) {
  auto const said = text(member(&root, "event"));
  if (!said || said->empty()) return decoded::ignored("an input event without a name", message_kind::event);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> names{
      {{"S", "short_push"}, {"SS", "double_push"}, {"SSS", "triple_push"}, {"L", "long_push"}, {"SL", "short_long_push"}, {"LS", "long_short_push"}}};
  auto name = cut(*said, 64);
  for (auto const& [code, words] : names)
    if (code == *said) name = words;
  auto d = decoded::of(message_kind::event, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload, hash_of(in.topic));
  e.events.push_back({std::move(name), "{\"input\":" + core::json_quote(input) + "}"});
  return d;
}

decoded gas(std::string device, std::string_view payload, std::string_view topic) {
  bool const alarm = equal_fold(payload, "mild") || equal_fold(payload, "heavy");
  if (is_missing(payload)) return decoded::ignored("no value");
  if (!alarm && !equal_fold(payload, "none") && !equal_fold(payload, "test")) return decoded::rejected("gas is none, mild, heavy or test");
  auto d = decoded::of(message_kind::event, std::move(device));
  d.elements.front().content = hash_of(payload, hash_of(topic));
  add_flag(d.elements.front(), "alarm", "gas", alarm);
  return d;
}

decoded word_topic(std::string device, std::vector<std::string_view> const& l, std::string_view payload, std::string_view topic) {
  auto d = decoded::of(message_kind::status, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(topic));
  if (l[0] == "relay") {
    bool const over = equal_fold(payload, "overpower");
    auto const b = truth(payload);
    if (!over && !b) return decoded::rejected("a relay is on, off or overpower");
    add_flag(e, "switch_state", std::string(l[1]), !over && *b);
    if (over) add_flag(e, "alarm", std::string(l[1]) + "/overpower", true);
    return d;
  }
  if (l[0] == "roller") {
    for (std::string_view w : {"open", "close", "stop", "opening", "closing"})
      if (equal_fold(payload, w)) {
        add_text(e, "device_state", "roller/" + std::string(l[1]), w);
        return d;
      }
    return decoded::rejected("a roller is open, close or stop");
  }
  // sensor/operation: warmup, normal, fault
  add_text(e, "device_state", "", payload);
  add_flag(e, "device_fault", "", equal_fold(payload, "fault"));
  return d;
}

decoded to_device(std::string device, std::vector<std::string_view> const& l, std::string_view payload, std::string_view topic) {
  auto const state = std::string(topic.substr(0, topic.rfind('/')));
  if (l.size() == 1) return command_message(std::move(device), lower(cut(payload, 64)), equal_fold(payload, "announce") ? "shellies/announce" : "");
  if (l.back() == "pos") return command_message(std::move(device), "cover_position", joined(topic_levels(topic), 0, 4) + "/pos");
  if (l[0] == "roller") {
    auto const word = lower(cut(payload, 16));
    return command_message(std::move(device), "cover_" + word, state);
  }
  if (l.back() == "set") {
    json_text const doc(payload);
    auto const turn = text(member(&doc.root, "turn"));
    auto const word = turn ? switch_action(*turn) : std::nullopt;
    return command_message(std::move(device), word ? *word : "set", state + "/status");
  }
  auto const word = switch_action(payload);
  return command_message(std::move(device), word ? *word : lower(cut(payload, 64)), state);
}

}  // namespace

decoded decode_shelly_gen1(decode_input const& in) {
  if (!in.topic.starts_with("shellies/")) return decoded::rejected("not a topic below shellies");
  auto const payload = trimmed(in.payload);
  auto const all = topic_levels(in.topic.substr(9));
  if (all.empty() || all[0].empty()) return decoded::rejected("the topic names no device");
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (all.size() == 1) {
    if (all[0] == "command") return command_message("shellies", lower(cut(payload, 64)), equal_fold(payload, "announce") ? "shellies/announce" : "");
    if (all[0] != "announce") return decoded::rejected("not a topic of Shelly Gen1");
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    return announce(doc.root, "", payload);
  }
  std::string device(all[0]);
  std::vector<std::string_view> const l(all.begin() + 1, all.end());

  if (l.size() == 1 && l[0] == "online") {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("online is true or false");
    return online_message(std::move(device), *b, payload);
  }
  bool const sub_command = l.size() >= 3 && (l[2] == "command" || l[2] == "set");
  if ((l.size() == 1 && l[0] == "command") || sub_command) return to_device(std::move(device), l, payload, in.topic);

  bool const json_topic = (l.size() == 1 && (l[0] == "announce" || l[0] == "info" || l[0] == "status")) || (l.size() == 2 && l[0] == "input_event") ||
                          (l.size() == 3 && l[2] == "status");
  if (json_topic) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("Shelly sends an object here");
    if (l[0] == "announce") return announce(doc.root, std::move(device), payload);
    if (l[0] == "info") return info(doc.root, std::move(device), in);
    if (l[0] == "input_event") return input_event(std::move(device), l[1], doc.root, in);
    if (l.size() == 1) return sensor_status(doc.root, std::move(device), in);
    auto d = decoded::of(message_kind::status, std::move(device));
    auto& e = d.elements.front();
    e.content = hash_of(payload, hash_of(in.topic));
    if (auto const b = truth(member(&doc.root, "ison"))) add_flag(e, "switch_state", std::string(l[1]), *b);
    add_if(e, "light_output", std::string(l[1]), "%", member(&doc.root, "brightness") ? member(&doc.root, "brightness") : member(&doc.root, "gain"));
    if (truth(member(&doc.root, "overpower")) == true) add_flag(e, "alarm", std::string(l[1]) + "/overpower", true);
    if (e.readings.empty()) return decoded::ignored("a status without a value that is kept", message_kind::status);
    return d;
  }

  if (auto const rule = shelly_gen1_number(l)) {
    auto d = scalar_message(std::move(device), *rule, payload, in.topic);
    for (auto& e : d.elements)
      for (auto& r : e.readings) r.q = judged(r.metric, std::get<double>(r.v));
    return d;
  }
  if (l.size() == 2 && l[0] == "sensor" && l[1] == "gas") return gas(std::move(device), payload, in.topic);
  if ((l.size() == 2 && (l[0] == "relay" || l[0] == "roller")) || (l.size() == 2 && l[0] == "sensor" && l[1] == "operation"))
    return word_topic(std::move(device), l, payload, in.topic);
  if (l.size() == 2 && l[0] == "longpush") {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("longpush is 0 or 1");
    auto d = decoded::of(message_kind::event, std::move(device));
    d.elements.front().content = hash_of(payload, hash_of(in.topic));
    d.elements.front().events.push_back({*b ? "long_push" : "short_push", "{\"input\":" + core::json_quote(l[1]) + "}"});
    return d;
  }
  if (l.size() == 2 && l[0] == "sensor" && l[1] == "error") {
    auto d = decoded::of(message_kind::status, std::move(device));
    d.elements.front().content = hash_of(payload, hash_of(in.topic));
    add_flag(d.elements.front(), "device_fault", "", payload != "0");
    return d;
  }
  if (auto const flag = shelly_gen1_boolean(l)) {
    if (is_missing(payload)) return decoded::ignored("no value");
    auto const b = payload == "-1" ? std::nullopt : truth(payload);
    if (payload == "-1") return decoded::ignored("the sensor does not know");
    if (!b) return decoded::rejected(std::string(flag->metric) + " is no boolean");
    auto d = decoded::of(flag->event ? message_kind::event : message_kind::status, std::move(device));
    d.elements.front().content = hash_of(payload, hash_of(in.topic));
    add_flag(d.elements.front(), flag->metric, flag->channel, *b);
    return d;
  }
  return decoded::ignored("a topic whose content is not kept");
}

}  // namespace ioc::perceive
