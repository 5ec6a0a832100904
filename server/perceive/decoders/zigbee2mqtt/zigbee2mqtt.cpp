#include "perceive/decoders/zigbee2mqtt/zigbee2mqtt.hpp"

#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/decoders/zigbee2mqtt/inventory.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct attribute {
  std::string_view key;
  std::string_view metric;
  std::string_view channel;
  std::string_view unit;  // "" = boolean
  bool inverted = false;
  std::string_view said = {};  // what a bare number is in, where it is not `unit`
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
    attribute{"alarm", "siren_state", "", ""},
    attribute{"fault_alarm", "device_fault", "", ""},
    attribute{"trouble", "device_fault", "", ""},
    attribute{"local_temperature", "temperature", "", "Cel"},
    attribute{"soil_moisture", "soil_moisture", "", "%"},
    attribute{"soil_humidity", "soil_moisture", "", "%"},
    attribute{"soil_temperature", "temperature", "soil", "Cel"},
    attribute{"cpu_temperature", "device_temperature", "", "Cel"},
    attribute{"dew_point", "dew_point", "", "Cel"},
    attribute{"pm1", "pm1", "", "ug/m3"},
    attribute{"pm4", "pm4", "", "ug/m3"},
    attribute{"aqi", "air_quality_index", "", "1"},
    attribute{"formaldehyde", "formaldehyde", "", "mg/m3"},
    attribute{"wind_speed", "wind_speed", "", "m/s"},
    attribute{"wind_direction", "wind_direction", "", "deg"},
    attribute{"rain_intensity", "rainfall_rate", "", "mm/h"},
    attribute{"precipitation", "rainfall_total", "", "mm"},
    attribute{"noise", "sound_level", "", "dB[A]"},
    attribute{"flow", "water_flow_rate", "", "m3/h"},
    attribute{"water_consumed", "water_volume", "", "m3", false, "L"},
    attribute{"position", "gate_position", "", "%"},
    attribute{"brightness", "light_output", "", "%"},
    attribute{"power_apparent", "apparent_power", "", "V.A"},
    attribute{"power_reactive", "reactive_power", "", "var"},
    attribute{"power_phase_a", "active_power", "L1", "W"},
    attribute{"voltage_phase_a", "voltage", "L1", "V"},
    attribute{"current_phase_a", "current", "L1", "A"},
    attribute{"energy_produced", "energy_export", "", "kW.h"},
    attribute{"power_factor_phase_a", "power_factor", "L1", "1"},
    attribute{"power_factor_phase_b", "power_factor", "L2", "1"},
    attribute{"power_factor_phase_c", "power_factor", "L3", "1"},
    attribute{"power_phase_b", "active_power", "L2", "W"},
    attribute{"power_phase_c", "active_power", "L3", "W"},
    attribute{"voltage_phase_b", "voltage", "L2", "V"},
    attribute{"voltage_phase_c", "voltage", "L3", "V"},
    attribute{"current_phase_b", "current", "L2", "A"},
    attribute{"current_phase_c", "current", "L3", "A"},
    attribute{"moving", "motion_detected", "", ""},
    attribute{"sos", "alarm", "sos", ""},
    attribute{"external_power", "external_power", "", ""},
};

void add(decoded_element& e, attribute const& a, std::string_view channel, json::value const& v, std::string_view said) {
  decoded_reading r{std::string(a.metric), std::string(channel), std::string(a.unit), {}};
  if (a.unit.empty()) {
    auto const b = truth(&v);
    if (!b) return;
    r.v = *b != a.inverted;
  } else {
    auto const n = number(&v);
    if (!n) return;
    if (a.key == "brightness") {  // 0 … 254 by the Zigbee cluster
      r.v = *n / 254 * 100;
    } else if (a.metric == "power_factor" && std::abs(*n) > 1) {  // Tuya meters tell per cent
      r.v = *n / 100;
    } else {
      auto const c = convert(*n, said.empty() ? a.said.empty() ? a.unit : a.said : said, a.unit);
      if (!c) return;
      r.v = *c;
    }
  }
  e.readings.push_back(std::move(r));
}

attribute const* known(std::string_view key) {
  for (auto const& a : attributes)
    if (a.key == key) return &a;
  return nullptr;
}

// "state_l2", "power_left": an attribute of one endpoint; `channel` becomes the endpoint.
attribute const* of_endpoint(std::string_view key, std::string_view& channel) {
  auto const cut = key.rfind('_');
  if (cut == std::string_view::npos || cut == 0) return nullptr;
  channel = key.substr(cut + 1);
  static constexpr std::array<std::string_view, 5> sides{"left", "right", "center", "top", "bottom"};
  bool const numbered = channel.size() <= 3 && channel.find_first_of("0123456789") != std::string_view::npos && (channel[0] == 'l' || (channel[0] >= '0' && channel[0] <= '9'));
  if (!numbered && std::find(sides.begin(), sides.end(), channel) == sides.end()) return nullptr;
  return known(key.substr(0, cut));
}

// What is known of the device beside the message: its units, and whether it lives on a battery.
struct device_facts {
  bool on_battery = false;
  std::string_view units;  // of its inventory, see unit_in
};

// True when the key is one that we know, whether or not it had a value.
bool read_attribute(std::string_view key, json::value const& v, device_facts const& facts, decoded_element& e) {
  auto const said = unit_in(facts.units, key);
  if (key == "voltage") {
    // mV on battery devices, V on mains; the payload does not say which, the inventory does.
    bool const cell = facts.on_battery || said == "mV";
    add(e, cell ? attribute{"voltage", "battery_voltage", "", "V", false, "mV"} : attribute{"voltage", "voltage", "", "V"}, "", v, said);
    return true;
  }
  if (key == "action") {
    if (auto const word = text(&v); word && !word->empty() && word->size() <= max_text) e.events.push_back({std::string(*word), ""});
    return true;
  }
  if (key == "update") {
    auto const state = text(member(&v, "state"));
    if (state) e.readings.push_back({"update_available", "", "", *state == "available"});
    return true;
  }
  if (key == "battery_state") {
    if (auto const word = text(&v); word && (*word == "low" || *word == "medium" || *word == "high")) e.readings.push_back({"battery_low", "", "", *word == "low"});
    return true;
  }
  if (auto const* a = known(key)) {
    add(e, *a, a->channel, v, said);
    return true;
  }
  std::string_view endpoint;
  if (key.size() <= 64 && key.starts_with("voltage_")) {
    attribute const mains{"voltage", "voltage", "", "V"};
    endpoint = key.substr(8);
    if (endpoint.size() <= 6) add(e, mains, endpoint, v, said);
    return true;
  }
  if (auto const* a = of_endpoint(key, endpoint)) {
    add(e, *a, a->channel.empty() ? std::string(endpoint) : std::string(a->channel) + "/" + std::string(endpoint), v, said);
    return true;
  }
  return false;
}

bool is_event(decoded_element const& e) { return !e.events.empty() || tells_of_an_event(e); }

decoded availability(std::string name, std::string_view payload) {
  auto d = decoded::of(message_kind::status, std::move(name));
  auto& e = d.elements.front();
  auto word = cut(payload, 32);
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

decoded bridge(std::string const& base, std::string_view what, std::string_view payload, decode_input const& in) {
  std::string const name = base + "/bridge";
  if (what == "state") return availability(name, payload);
  if (what == "devices") return read_inventory(name, payload, in.memory);
  if (what == "event") return read_bridge_event(name, payload);
  if (what == "info") return read_bridge_info(name, payload);
  bool const request = what.starts_with("request/"), response = what.starts_with("response/");
  if (!request && !response) return decoded::ignored("the bridge's own " + cut(what, 64) + " is not kept", message_kind::status);
  json_text const doc(payload);
  if (!doc.ok() && (response || payload.starts_with('{'))) return decoded::rejected(doc.problem);
  auto d = decoded::of(message_kind::command, name);
  decoded_command c;
  c.action = std::string(what.substr(what.find('/') + 1));
  if (auto const* id = member(&doc.root, "transaction")) c.id = id->is_string() ? std::string(id->get_string()) : json::serialize(*id);
  c.to_device = request;
  if (request) {
    c.ack_topic = base + "/bridge/response/" + c.action;
  } else {
    bool const good = text(member(&doc.root, "status")) == std::optional<std::string_view>("ok");
    c.action = good ? "ack" : "nack";
    d.elements.front().readings.push_back({"command_status", "", "", std::string(good ? "ok" : "failed")});
    if (auto const why = text(member(&doc.root, "error")); why && !why->empty() && why->size() <= max_text) d.elements.front().readings.push_back({"command_result", "", "", std::string(*why)});
    d.elements.front().content = hash_of(payload);
  }
  d.command = std::move(c);
  return d;
}

// `attribute` not empty: the topic names it and the payload is its bare value (…/set/state ← ON).
decoded to_device(std::string name, std::string_view verb, std::string_view attribute, std::string_view payload) {
  auto d = decoded::of(message_kind::command, std::move(name));
  decoded_command c;
  c.action = std::string(verb);
  json_text const doc(payload);
  if (auto const mode = text(member(member(&doc.root, "warning"), "mode"))) c.action = *mode == "stop" ? "siren_off" : "siren_on";
  else if (auto const state = attribute == "state" ? truth(payload) : truth(member(&doc.root, "state")); state && verb == "set") c.action = *state ? "switch_on" : "switch_off";
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
  if (rest.starts_with("bridge/")) return bridge(base, rest.substr(7), payload, in);

  // A friendly name may itself hold '/': known endings decide, not the number of levels.
  auto const ending = [&](std::string_view word) { return rest.size() > word.size() && rest.ends_with(word); };
  if (ending("/availability")) return availability(std::string(rest.substr(0, rest.size() - 13)), payload);
  for (std::string_view verb : {"/set", "/get"}) {
    if (ending(verb)) return to_device(std::string(rest.substr(0, rest.size() - 4)), verb.substr(1), {}, payload);
    if (auto const at = rest.find(std::string(verb) + "/"); at != std::string_view::npos && at > 0)
      return to_device(std::string(rest.substr(0, at)), verb.substr(1), rest.substr(at + verb.size() + 1), payload);
  }

  if (payload.starts_with('{')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("a device's state is an object");
    auto d = decoded::of(message_kind::telemetry, std::string(rest));
    auto& e = d.elements.front();
    auto const& o = doc.root.get_object();
    auto const said = settings.word("battery_voltage", "");
    device_facts const facts{said == "mV" || (said != "V" && o.contains("battery")), units_of(in.memory, rest)};
    // Old devices send the sensor's raw number as illuminance and the lux beside it.
    bool const lux_beside = o.contains("illuminance_lux");
    for (auto const& [key, v] : o)
      if (!(lux_beside && key == "illuminance")) read_attribute(key, v, facts, e);
    if (auto const* seen = o.if_contains("last_seen"); seen && !seen->is_null()) {
      e.t = instant(seen, &settings);
      e.time_refused = !e.t;
    }
    e.content = hash_of(payload);
    if (e.readings.empty() && e.events.empty()) return decoded::ignored("no attribute that is known or has a value");
    if (is_event(e)) d.kind = message_kind::event;
    return d;
  }

  // output = attribute: one topic a property, the value as plain text.
  auto const slash = rest.rfind('/');
  if (slash == std::string_view::npos) return decoded::rejected("a device's state is an object");
  if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");
  auto const device = rest.substr(0, slash);
  // An attribute that is an object comes as one topic for each of its members; "update/state" is no switch.
  if (device.ends_with("/update") || device.ends_with("/color")) return decoded::ignored("a part of an attribute");
  auto d = decoded::of(message_kind::telemetry, std::string(device));
  auto& e = d.elements.front();
  device_facts const facts{settings.word("battery_voltage", "") == "mV", units_of(in.memory, device)};
  json::value const v(json::string_view(payload.data(), payload.size()));
  if (!read_attribute(rest.substr(slash + 1), v, facts, e)) return decoded::ignored("an attribute that is not known");
  e.content = hash_of(payload, hash_of(rest));
  if (e.readings.empty() && e.events.empty()) return decoded::ignored("no value");
  if (is_event(e)) d.kind = message_kind::event;
  return d;
}

}  // namespace ioc::perceive
