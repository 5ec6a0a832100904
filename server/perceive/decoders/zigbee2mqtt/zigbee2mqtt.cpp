#include "perceive/decoders/zigbee2mqtt/zigbee2mqtt.hpp"

#include "perceive/json_read.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct attribute {
  std::string_view key;
  std::string_view metric;
  std::string_view channel;
  std::string_view unit;  // "" = boolean
  bool inverted = false;
  double divide = 1;
};

constexpr std::array attributes{
    attribute{"temperature", "temperature", "", "Cel"},
    attribute{"device_temperature", "device_temperature", "", "Cel"},
    attribute{"humidity", "relative_humidity", "", "%"},
    attribute{"pressure", "air_pressure", "", "hPa"},
    attribute{"battery", "battery_level", "", "%"},
    attribute{"linkquality", "link_quality", "", "1"},
    attribute{"power", "active_power", "", "W"},
    attribute{"current", "current", "", "A"},
    attribute{"energy", "energy_import", "", "kW.h"},
    attribute{"produced_energy", "energy_export", "", "kW.h"},
    attribute{"ac_frequency", "frequency", "", "Hz"},
    attribute{"power_factor", "power_factor", "", "1"},
    attribute{"illuminance_lux", "illuminance", "", "lx"},
    attribute{"illuminance", "illuminance", "", "lx"},
    attribute{"co2", "co2_concentration", "", "[ppm]"},
    attribute{"co", "co_concentration", "", "[ppm]"},
    attribute{"pm25", "pm2_5", "", "ug/m3"},
    attribute{"pm10", "pm10", "", "ug/m3"},
    attribute{"formaldehyd", "formaldehyde", "", "mg/m3"},
    attribute{"voc_index", "voc_index", "", "1"},
    // Detectors with an analogue chamber report obscuration beside the alarm; light lost over a metre, in per cent.
    attribute{"smoke_density", "smoke_obscuration", "", "%/m"},
    attribute{"contact", "door_open", "", "", true},
    attribute{"water_leak", "water_leak_detected", "", ""},
    attribute{"smoke", "smoke_detected", "", ""},
    attribute{"gas", "alarm", "gas", ""},
    attribute{"carbon_monoxide", "alarm", "carbon_monoxide", ""},
    attribute{"vibration", "alarm", "vibration", ""},
    attribute{"occupancy", "occupancy", "", ""},
    attribute{"presence", "occupancy", "", ""},
    attribute{"tamper", "tamper", "", ""},
    attribute{"battery_low", "battery_low", "", ""},
    attribute{"update_available", "update_available", "", ""},
    attribute{"state", "switch_state", "", ""},
    attribute{"state_l1", "switch_state", "l1", ""},
    attribute{"state_l2", "switch_state", "l2", ""},
    attribute{"alarm", "siren_state", "", ""},
    attribute{"fault_alarm", "device_fault", "", ""},
};

void add(decoded_element& e, attribute const& a, json::value const& v) {
  decoded_reading r{std::string(a.metric), std::string(a.channel), std::string(a.unit), {}};
  if (a.unit.empty()) {
    auto const b = truth(&v);
    if (!b) return;
    r.v = *b != a.inverted;
  } else {
    auto const n = number(&v);
    if (!n) return;
    r.v = *n / a.divide;
  }
  e.readings.push_back(std::move(r));
}

// True when the key is one that we know, whether or not it had a value.
bool read_attribute(std::string_view key, json::value const& v, bool on_battery, decoded_element& e) {
  if (key == "voltage") {
    // mV on battery devices, V on mains; the payload does not say which.
    add(e, on_battery ? attribute{"voltage", "battery_voltage", "", "V", false, 1000} : attribute{"voltage", "voltage", "", "V"}, v);
    return true;
  }
  if (key == "action") {
    if (auto const word = text(&v); word && !word->empty() && word->size() <= max_text) e.events.push_back({std::string(*word), ""});
    return true;
  }
  for (auto const& a : attributes)
    if (a.key == key) {
      add(e, a, v);
      return true;
    }
  return false;
}

bool tells_of_an_event(decoded_element const& e) {
  if (!e.events.empty()) return true;
  for (auto const& r : e.readings)
    if (r.metric == "water_leak_detected" || r.metric == "door_open" || r.metric == "smoke_detected" || r.metric == "tamper") return true;
  return false;
}

decoded availability(std::string name, std::string_view payload) {
  auto d = decoded::of(message_kind::status, std::move(name));
  auto& e = d.elements.front();
  std::string word(payload.substr(0, 32));
  if (payload.starts_with('{')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    auto const state = text(member(&doc.root, "state"));
    word = state ? std::string(*state) : "";
  }
  if (!equal_fold(word, "online") && !equal_fold(word, "offline")) return decoded::rejected("availability is online or offline");
  e.online = equal_fold(word, "online");
  e.content = hash_of(payload);
  e.readings.push_back({"online", "", "", *e.online});
  return d;
}

decoded bridge(std::string const& base, std::string_view what, std::string_view payload) {
  std::string const name = base + "/bridge";
  if (what == "state") return availability(name, payload);
  bool const request = what.starts_with("request/"), response = what.starts_with("response/");
  if (!request && !response) return decoded::ignored("the bridge's own " + std::string(what.substr(0, 64)) + " is not kept", message_kind::status);
  json_text const doc(payload);
  auto d = decoded::of(message_kind::command, name);
  decoded_command c;
  c.action = std::string(what.substr(what.find('/') + 1));
  if (auto const* id = member(&doc.root, "transaction")) c.id = id->is_string() ? std::string(id->get_string()) : json::serialize(*id);
  c.to_device = request;
  if (request) {
    c.ack_topic = base + "/bridge/response/" + c.action;
  } else {
    c.action = "ack";
    auto const status = text(member(&doc.root, "status"));
    d.elements.front().readings.push_back({"command_status", "", "", std::string(status && *status == "ok" ? "ok" : "failed")});
    d.elements.front().content = hash_of(payload);
  }
  d.command = std::move(c);
  return d;
}

decoded to_device(std::string name, std::string_view verb, std::string_view payload) {
  auto d = decoded::of(message_kind::command, std::move(name));
  decoded_command c;
  c.action = std::string(verb);
  json_text const doc(payload);
  if (auto const mode = text(member(member(&doc.root, "warning"), "mode"))) c.action = *mode == "stop" ? "siren_off" : "siren_on";
  else if (auto const state = truth(member(&doc.root, "state"))) c.action = *state ? "switch_on" : "switch_off";
  d.command = std::move(c);
  return d;
}

}  // namespace

decoded decode_zigbee2mqtt(decode_input const& in) {
  static decoder_settings const defaults;
  auto const& settings = in.settings ? *in.settings : defaults;
  std::string const base(settings.word("base", "zigbee2mqtt"));
  if (!in.topic.starts_with(base + "/") || in.topic.size() == base.size() + 1) return decoded::rejected("not a topic below " + base);
  auto const rest = in.topic.substr(base.size() + 1);
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (rest.starts_with("bridge/")) return bridge(base, rest.substr(7), payload);

  // A friendly name may itself hold '/': known endings decide, not the number of levels.
  auto const ending = [&](std::string_view word) { return rest.size() > word.size() && rest.ends_with(word); };
  if (ending("/availability")) return availability(std::string(rest.substr(0, rest.size() - 13)), payload);
  for (std::string_view verb : {"/set", "/get"}) {
    if (ending(verb)) return to_device(std::string(rest.substr(0, rest.size() - 4)), verb.substr(1), payload);
    if (auto const at = rest.find(std::string(verb) + "/"); at != std::string_view::npos && at > 0)
      return to_device(std::string(rest.substr(0, at)), verb.substr(1), payload);
  }

  if (payload.starts_with('{')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("a device's state is an object");
    auto d = decoded::of(message_kind::telemetry, std::string(rest));
    auto& e = d.elements.front();
    auto const& o = doc.root.get_object();
    auto const said = settings.word("battery_voltage", "");
    bool const on_battery = said == "mV" || (said != "V" && o.contains("battery"));
    for (auto const& [key, v] : o) read_attribute(key, v, on_battery, e);
    if (auto const* seen = o.if_contains("last_seen"); seen && !seen->is_null()) {
      e.t = instant(seen, &settings);
      e.time_refused = !e.t;
    }
    e.content = hash_of(payload);
    if (e.readings.empty() && e.events.empty()) return decoded::ignored("no attribute that is known or has a value");
    if (tells_of_an_event(e)) d.kind = message_kind::event;
    return d;
  }

  // output = attribute: one topic a property, the value as plain text.
  auto const slash = rest.rfind('/');
  if (slash == std::string_view::npos) return decoded::rejected("a device's state is an object");
  if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");
  auto d = decoded::of(message_kind::telemetry, std::string(rest.substr(0, slash)));
  auto& e = d.elements.front();
  json::value const v(json::string_view(payload.data(), payload.size()));
  if (!read_attribute(rest.substr(slash + 1), v, settings.word("battery_voltage", "") == "mV", e)) return decoded::ignored("an attribute that is not known");
  e.content = hash_of(payload, hash_of(rest));
  if (e.readings.empty() && e.events.empty()) return decoded::ignored("no value");
  if (tells_of_an_event(e)) d.kind = message_kind::event;
  return d;
}

}  // namespace ioc::perceive
