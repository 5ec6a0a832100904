#include "perceive/decoders/tasmota/tasmota.hpp"

#include "perceive/decoders/tasmota/sensors.hpp"
#include "perceive/decode_help.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// A topic taken apart. `prefix` is tele, stat or cmnd; `verb` what stands last; `device` all the rest, wherever the prefix stands.
struct parts {
  std::string prefix;
  std::string device;
  std::string_view verb;
  bool device_first = false;

  std::string topic(std::string_view with, std::string_view verb_) const {
    return device_first ? device + "/" + std::string(with) + "/" + std::string(verb_) : std::string(with) + "/" + device + "/" + std::string(verb_);
  }
};

std::optional<parts> take_apart(std::string_view topic) {
  auto const levels = topic_levels(topic);
  auto const n = levels.size();
  if (n < 3) return std::nullopt;
  auto const is_prefix = [](std::string_view w) { return w == "tele" || w == "stat" || w == "cmnd"; };
  std::size_t at = n;
  if (is_prefix(levels[0])) at = 0;
  else if (is_prefix(levels[n - 2])) at = n - 2;
  else
    for (std::size_t i = 1; i + 2 < n && at == n; ++i)
      if (is_prefix(levels[i])) at = i;
  if (at == n) return std::nullopt;
  parts p;
  p.prefix = levels[at];
  p.verb = levels[n - 1];
  p.device_first = at > 0;
  p.device = at == 0 ? joined(levels, 1, n - 1) : joined(levels, 0, at);
  if (at > 0 && at < n - 2) p.device += "/" + joined(levels, at + 1, n - 1);
  if (p.device.empty() || p.verb.empty()) return std::nullopt;
  return p;
}

// "2018.02.15 01:00:50" of firmware 5 → ISO.
void read_time(json::value const& root, decode_input const& in, decoded_element& e) {
  auto const* t = member(&root, "Time");
  if (!t) t = member(&root, "Epoch");
  if (!t || t->is_null()) return;
  if (auto const s = text(t); s && s->size() >= 10 && (*s)[4] == '.' && (*s)[7] == '.') {
    std::string iso(*s);
    iso[4] = iso[7] = '-';
    json::value const v(iso);
    e.t = instant(&v, in.settings);
  } else {
    e.t = instant(t, in.settings);
  }
  e.time_refused = !e.t;  // 1970: no time from the network yet
}

// "POWER" → "", "POWER2" → "2"; nothing for other keys.
std::optional<std::string> relay_of(std::string_view key) {
  if (key.size() < 5 || key.size() > 7 || !equal_fold(key.substr(0, 5), "POWER")) return std::nullopt;
  auto const number = key.substr(5);
  if (number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return std::string(number);
}

std::optional<std::string> input_of(std::string_view key) {
  for (std::string_view word : {"Switch", "Button"})
    if (key.size() > word.size() && key.size() <= word.size() + 2 && equal_fold(key.substr(0, word.size()), word) && key.find_first_not_of("0123456789", word.size()) == std::string_view::npos)
      return std::string(key.substr(word.size()));
  return std::nullopt;
}

void read_relays(json::value const& root, decoded_element& e) {
  for (auto const& [key, v] : root.get_object())
    if (auto const relay = relay_of(key))
      if (auto const b = truth(&v)) add_flag(e, "switch_state", *relay, *b);
}

// "0T18:36:12": days, hours, minutes, seconds since the start.
std::optional<double> uptime_of(std::string_view s) {
  auto const t = s.find_first_of("T ");
  if (t == std::string_view::npos || t + 9 != s.size() || s[t + 3] != ':' || s[t + 6] != ':') return std::nullopt;
  auto const d = decimal(s.substr(0, t)), h = decimal(s.substr(t + 1, 2)), m = decimal(s.substr(t + 4, 2)), sec = decimal(s.substr(t + 7, 2));
  if (!d || !h || !m || !sec) return std::nullopt;
  return *d * 86400 + *h * 3600 + *m * 60 + *sec;
}

void read_state(json::value const& root, decoded_element& e) {
  if (!root.is_object()) return;
  auto up = measured(member(&root, "UptimeSec"), "s");
  if (auto const words = text(member(&root, "Uptime")); !up && words) up = uptime_of(*words);
  if (up) add_number(e, "uptime", "", "s", *up);
  read_relays(root, e);
  if (auto const n = measured(member(&root, "Dimmer"), "%")) add_number(e, "light_output", "", "%", *n);
  auto const* wifi = member(&root, "Wifi");
  if (auto const n = measured(member(wifi, "RSSI"), "1")) add_number(e, "link_quality", "", "1", *n);  // per cent
  if (auto const n = measured(member(wifi, "Signal"), "dBm")) add_number(e, "rssi", "", "dBm", *n);
}

bool tells_of_an_event(decoded_element const& e) {
  constexpr std::array metrics{"door_open", "water_leak_detected", "smoke_detected", "motion_detected", "occupancy", "tamper"};
  return !e.events.empty() ||
         std::any_of(e.readings.begin(), e.readings.end(), [&](auto const& r) { return std::find(metrics.begin(), metrics.end(), r.metric) != metrics.end(); });
}

bool is_bridge(std::string_view key) { return key == "ZbReceived" || key == "LwReceived" || key == "LwDecoded" || key == "ZbInfo"; }

// Devices behind a radio bridge: {"0x4AD6": {"Device": "0x4AD6", …}}.
void read_bridge(json::value const& inner, std::string const& bridge, tasmota_units const& units, decoded_element const& whole, decoded& d) {
  if (!inner.is_object()) return;
  for (auto const& [key, device] : inner.get_object()) {
    if (!device.is_object() || key.size() > 64) continue;
    decoded_element e;
    auto const named = text(member(&device, "Device"));
    std::string const who(named && !named->empty() ? *named : std::string_view(key));
    // With SetOption89 the topic names the device already: tele/Zigbee/5ADF/SENSOR.
    auto const tail = bridge.rfind('/');
    bool const in_topic = tail != std::string::npos && who.size() > 2 && equal_fold(bridge.substr(tail + 1), who.substr(2));
    e.native = (in_topic ? bridge.substr(0, tail) : bridge) + "/" + who;
    e.t = whole.t;
    e.time_refused = whole.time_refused;
    e.content = hash_of(key, whole.content);
    read_tasmota_bridged(device, units, e);
    if (e.readings.empty() && e.events.empty()) continue;
    if (tells_of_an_event(e)) d.kind = message_kind::event;
    if (auto const name = text(member(&device, "Name"))) d.discovered.push_back({e.native, std::string(*name), "", std::string(text(member(&device, "ModelId")).value_or("")), "", {}});
    d.elements.push_back(std::move(e));
  }
}

decoded sensors(std::string device, json::value const& root, decode_input const& in) {
  if (!root.is_object()) return decoded::rejected("Tasmota's sensors are an object");
  auto const units = tasmota_units::of(root, in.settings);
  decoded d;
  decoded_element own;
  own.native = device;
  own.content = hash_of(in.payload);
  read_time(root, in, own);
  for (auto const& [key, v] : root.get_object()) {
    if (key == "ENERGY") read_tasmota_energy(v, own);
    else if (is_bridge(key)) read_bridge(v, device, units, own, d);
    else if (key.starts_with("0x") && v.is_object()) {  // SetOption100: without the word ZbReceived
      json::object one;
      one[key] = v;
      read_bridge(json::value(one), device, units, own, d);
    } else if (v.is_object()) read_tasmota_sensor(key, v, units, own);
    else if (auto const input = input_of(key)) {
      if (auto const b = truth(&v)) add_flag(own, "digital_input", *input, *b);
    }
  }
  // Sonoff SC and other devices of one sensor put their values at the root.
  json::object rest;
  for (auto const& [key, v] : root.get_object())
    if (!v.is_object() && !v.is_array() && key != "Time") rest[key] = v;
  read_tasmota_bridged(json::value(rest), units, own);
  if (tells_of_an_event(own)) d.kind = message_kind::event;
  if (!own.readings.empty() || !own.events.empty()) d.elements.insert(d.elements.begin(), std::move(own));
  if (d.elements.empty()) return decoded::ignored("no sensor that is known or has a value");
  return d;
}

decoded state(std::string device, json::value const& root, decode_input const& in) {
  auto d = decoded::of(message_kind::status, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  read_time(root, in, e);
  read_state(root, e);
  if (e.readings.empty()) return decoded::ignored("a state without a value that is kept", message_kind::status);
  return d;
}

// stat/…/STATUS, STATUS1 … STATUS11: the answer to Status n, one object deeper. STATUS0 holds them all.
decoded status(std::string device, json::value const& root, decode_input const& in) {
  if (!root.is_object()) return decoded::rejected("Tasmota's status is an object");
  auto const* sns = member(&root, "StatusSNS");
  if (!sns) sns = member(&root, "StatusPWR");
  if (sns && root.get_object().size() == 1) return sensors(std::move(device), *sns, in);
  auto d = decoded::of(message_kind::status, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  if (auto const* sts = member(&root, "StatusSTS")) {
    read_time(*sts, in, e);
    read_state(*sts, e);
  }
  if (auto const version = text(member(member(&root, "StatusFWR"), "Version"))) add_text(e, "firmware_version", "", *version);
  if (sns) {
    auto more = sensors(e.native, *sns, in);
    for (auto& element : more.elements) {
      if (element.native != e.native) continue;
      if (!e.t) e.t = element.t;
      for (auto& r : element.readings) e.readings.push_back(std::move(r));
    }
  }
  if (e.readings.empty()) return decoded::ignored("a status answer without a value that is kept", message_kind::status);
  return d;
}

// A RESULT is the answer to a command, or what a button, a radio bridge or an infrared receiver heard.
decoded result(parts const& p, json::value const& root, decode_input const& in) {
  if (!root.is_object() || root.get_object().empty()) return decoded::rejected("Tasmota's result is an object");
  auto const first = root.get_object().begin()->key();
  if (std::any_of(root.get_object().begin(), root.get_object().end(), [](auto const& m) { return is_bridge(m.key()); })) return sensors(p.device, root, in);
  auto d = decoded::of(message_kind::command, p.device);
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  read_time(root, in, e);
  bool heard = false;
  for (auto const& [key, v] : root.get_object()) {
    if (input_of(key) && v.is_object()) {
      if (auto const action = text(member(&v, "Action")); action && action->size() <= 64) {
        e.events.push_back({lower(*action), json::serialize(root)});
        if (key.starts_with("Switch"))
          if (auto const b = truth(*action)) add_flag(e, "digital_input", *input_of(key), *b);
        heard = true;
      }
    }
    if (key == "RfReceived" || key == "IrReceived" || key == "SerialReceived" || key == "SSerialReceived" || key == "TuyaReceived") {
      e.events.push_back({std::string(key), v.is_object() ? json::serialize(v) : ""});
      heard = true;
    }
  }
  read_relays(root, e);
  if (heard) {
    d.kind = message_kind::event;
    return d;
  }
  if (p.prefix == "tele") {
    if (e.readings.empty()) return decoded::ignored("a result that is not kept");
    d.kind = message_kind::status;
    return d;
  }
  auto const said = text(&root.get_object().begin()->value());
  bool const refused = (first == "Command" && said) || (said && (equal_fold(*said, "Error") || equal_fold(*said, "Unknown") || equal_fold(*said, "Invalid")));
  d.command = decoded_command{false, refused ? "nack" : "ack", "", ""};
  add_text(e, "command_status", "", refused ? "failed" : "ok");
  if (said && !relay_of(first)) add_text(e, "command_result", "", *said);
  return d;
}

// tele/…/MARGINS: a power, voltage or current outside the limits that were set in the device.
decoded margins(std::string device, json::value const& root, decode_input const& in) {
  auto d = decoded::of(message_kind::event, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  read_time(root, in, e);
  auto const* inner = member(&root, "MARGINS");
  auto const& from = inner && inner->is_object() ? *inner : root;
  for (auto const& [key, v] : from.get_object())
    if (key.size() <= 32 && (key.ends_with("Low") || key.ends_with("High")))
      if (auto const b = truth(&v)) add_flag(e, "alarm", std::string(key), *b);
  if (e.readings.empty()) return decoded::ignored("a margin without a state");
  return d;
}

decoded command(parts const& p, std::string_view payload) {
  auto const verb = lower(p.verb);
  std::string action = verb;
  bool const query = payload.empty() || payload == "?";
  if (relay_of(p.verb)) {
    auto const word = switch_action(payload);
    action = query ? "query" : word ? *word : "switch_set";
    if (equal_fold(payload, "blink") || payload == "3") action = "switch_blink";
  } else if (verb == "i2splay") action = "play_file";
  else if (verb == "i2swr") action = "play_stream";
  else if (verb == "i2ssay") action = "say";
  else if (verb == "i2sgain") action = "set_volume";
  else if (verb == "i2sstop") action = "stop";
  else if (verb == "restart") action = "restart";
  else if (verb.starts_with("status")) action = "status";
  else if (query) action = "query";
  return command_message(p.device, std::move(action), p.topic("stat", verb.starts_with("status") ? "STATUS" + std::string(payload == "0" || query ? "" : payload.substr(0, 2)) : "RESULT"));
}

// tasmota/discovery/{mac}/config, retained: what the device is called and where it speaks.
decoded discovery(std::string_view topic, std::string_view payload) {
  if (!topic.ends_with("/config")) return decoded::ignored("the sensors of a discovery message come with their values", message_kind::status);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const native = text(member(&doc.root, "t"));
  if (!native || native->empty()) return decoded::rejected("a discovery message names the device's topic in t");
  auto d = decoded::of(message_kind::status, std::string(*native));
  if (auto const version = text(member(&doc.root, "sw"))) add_text(d.elements.front(), "firmware_version", "", *version);
  d.elements.front().content = hash_of(payload);
  discovered_device found;
  found.native = *native;
  if (auto const name = text(member(&doc.root, "dn"))) found.name = std::string(*name);
  if (auto const model = text(member(&doc.root, "md"))) found.model = std::string(*model);
  found.vendor = "Tasmota";
  d.discovered.push_back(std::move(found));
  return d;
}

}  // namespace

decoded decode_tasmota(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (in.topic.starts_with("tasmota/discovery/")) {
    if (payload.empty()) return decoded::ignored("retained message deleted", message_kind::status);
    return discovery(in.topic, payload);
  }
  auto const p = take_apart(in.topic);
  if (!p) return decoded::rejected("not a Tasmota topic: tele, stat or cmnd is missing");
  if (p->prefix == "cmnd") return command(*p, payload);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (p->verb == "LWT") {
    bool const up = equal_fold(payload, "online");
    if (!up && !equal_fold(payload, "offline")) return decoded::rejected("LWT is Online or Offline");
    return online_message(p->device, up, payload);
  }
  if (auto const relay = relay_of(p->verb); relay && !payload.starts_with('{')) {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("POWER is ON or OFF");
    auto d = decoded::of(message_kind::status, p->device);
    d.elements.front().content = hash_of(payload, hash_of(in.topic));
    add_flag(d.elements.front(), "switch_state", *relay, *b);
    return d;
  }
  // With SetOption4 each command answers under its own name, as text or as an object.
  bool const json_verb = p->verb == "SENSOR" || p->verb == "STATE" || p->verb == "RESULT" || p->verb.starts_with("STATUS") || p->verb.starts_with("INFO");
  if (!payload.starts_with('{') && !json_verb) return decoded::ignored("a text that is not kept");

  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("Tasmota sends objects here");
  if (p->verb == "SENSOR") return sensors(p->device, doc.root, in);
  if (p->verb == "STATE") return state(p->device, doc.root, in);
  if (p->verb.starts_with("STATUS")) return status(p->device, doc.root, in);
  if (p->verb.starts_with("INFO")) {
    auto d = decoded::of(message_kind::status, p->device);
    auto const* info = member(&doc.root, "Info1");
    d.elements.front().content = hash_of(payload);
    if (auto const version = text(member(info ? info : &doc.root, "Version"))) add_text(d.elements.front(), "firmware_version", "", *version);
    if (d.elements.front().readings.empty()) return decoded::ignored("information about the start that is not kept", message_kind::status);
    return d;
  }
  // A switch or button with a topic of its own: SWITCH1 {"STATE":"ON"}, BUTTON1 {"ACTION":"SINGLE"}.
  if (auto const input = p->prefix == "stat" ? input_of(p->verb) : std::nullopt) {
    auto const word = text(any_member(&doc.root, {"STATE", "ACTION"}));
    if (!word || word->empty() || word->size() > 64) return decoded::ignored("an input without a state");
    auto d = decoded::of(message_kind::event, p->device);
    auto& e = d.elements.front();
    e.content = hash_of(payload, hash_of(in.topic));
    e.events.push_back({lower(*word), json::serialize(doc.root)});
    if (auto const b = truth(*word)) add_flag(e, "digital_input", *input, *b);
    return d;
  }
  if (p->verb == "MARGINS") return margins(p->device, doc.root, in);
  if (p->verb == "RESULT" || p->prefix == "stat") return result(*p, doc.root, in);
  if (is_bridge(p->verb)) {
    json::object one;
    one[p->verb] = doc.root;
    return sensors(p->device, json::value(one), in);
  }
  return decoded::ignored("a topic that is not kept");
}

}  // namespace ioc::perceive
