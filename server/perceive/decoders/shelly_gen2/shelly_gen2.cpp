#include "perceive/decoders/shelly_gen2/shelly_gen2.hpp"

#include "perceive/json_read.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct quantity {
  std::string_view key;
  std::string_view metric;
  std::string_view unit;  // "" = boolean
  double divide = 1;
};

// Behind a phase letter ("a_voltage") in em, behind nothing in em1.
constexpr std::array phase_keys{
    quantity{"current", "current", "A"},          quantity{"voltage", "voltage", "V"},         quantity{"act_power", "active_power", "W"},
    quantity{"aprt_power", "apparent_power", "V.A"}, quantity{"pf", "power_factor", "1"},      quantity{"freq", "frequency", "Hz"},
    quantity{"total_act_energy", "energy_import", "kW.h", 1000}, quantity{"total_act_ret_energy", "energy_export", "kW.h", 1000},
};
constexpr std::array total_keys{
    quantity{"total_current", "current", "A"},           quantity{"total_act_power", "active_power", "W"},
    quantity{"total_aprt_power", "apparent_power", "V.A"}, quantity{"total_act", "energy_import", "kW.h", 1000},
    quantity{"total_act_ret", "energy_export", "kW.h", 1000},
};
// switch, pm1, cover, light and the small sensor components.
constexpr std::array plain_keys{
    quantity{"output", "switch_state", ""},       quantity{"apower", "active_power", "W"},    quantity{"voltage", "voltage", "V"},
    quantity{"current", "current", "A"},          quantity{"pf", "power_factor", "1"},        quantity{"freq", "frequency", "Hz"},
    quantity{"rh", "relative_humidity", "%"},     quantity{"tC", "temperature", "Cel"},       quantity{"lux", "illuminance", "lx"},
    quantity{"alarm", "smoke_detected", ""},      quantity{"mute", "alarm_muted", ""},
};
constexpr std::array<std::pair<char, std::string_view>, 4> phases{{{'a', "L1"}, {'b', "L2"}, {'c', "L3"}, {'n', "N"}}};

// What a component says of its own failures: errors of the whole component, or of one quantity ("out_of_range:voltage").
struct failures {
  bool all = false;
  std::vector<std::string> quantities;

  void read(json::value const* list) {
    if (!list || !list->is_array()) return;
    for (auto const& v : list->get_array()) {
      auto const word = text(&v);
      if (!word) continue;
      if (*word == "read" || *word == "power_meter_failure" || *word == "cable_unplugged") all = true;
      else if (word->starts_with("out_of_range:")) quantities.emplace_back(word->substr(13));
    }
  }
  bool touches(std::string_view key) const {
    if (all) return true;
    for (auto const& q : quantities)
      if (key == q || key.ends_with(q)) return true;
    return false;
  }
};

void add(decoded_element& e, quantity const& q, std::string channel, json::value const* v, failures const& failed) {
  if (!v || v->is_null()) return;
  decoded_reading r{std::string(q.metric), std::move(channel), std::string(q.unit), {}};
  if (q.unit.empty()) {
    auto const b = truth(v);
    if (!b) return;
    r.v = *b;
  } else {
    auto const n = number(v);
    if (!n) return;
    if (q.metric == "relative_humidity" && *n > 100) return;  // 999 = the sensor could not be read
    r.v = *n / q.divide;
  }
  if (failed.touches(q.key)) r.q = core::quality::bad;
  e.readings.push_back(std::move(r));
}

void read_phases(json::value const& c, std::string const& prefix, decoded_element& e) {
  failures whole;
  whole.read(member(&c, "errors"));
  for (auto const& [letter, line] : phases) {
    failures own = whole;
    own.read(member(&c, std::string(1, letter) + "_errors"));
    for (auto const& q : phase_keys) add(e, q, prefix + std::string(line), member(&c, std::string(1, letter) + "_" + std::string(q.key)), own);
  }
  for (auto const& q : total_keys) add(e, q, prefix + "total", member(&c, q.key), whole);
}

// One component's status, full or a delta. `component` = "switch:0".
void read_component(std::string_view component, json::value const& c, decoded_element& e) {
  if (!c.is_object()) return;
  auto const colon = component.find(':');
  auto const type = component.substr(0, colon);
  std::string const id(colon == std::string_view::npos ? std::string_view{} : component.substr(colon + 1));
  if (id.size() > 16) return;
  failures failed;
  failed.read(member(&c, "errors"));

  if (type == "em" || type == "emdata") return read_phases(c, id == "0" ? "" : id + "/", e);
  if (type == "em1" || type == "em1data") {
    for (auto const& q : phase_keys) add(e, q, id, member(&c, q.key), failed);
    return;
  }
  if (type == "devicepower") {
    auto const channel = id == "0" ? std::string() : id;
    add(e, {"percent", "battery_level", "%"}, channel, member(member(&c, "battery"), "percent"), failed);
    add(e, {"V", "battery_voltage", "V"}, channel, member(member(&c, "battery"), "V"), failed);
    add(e, {"present", "external_power", ""}, channel, member(member(&c, "external"), "present"), failed);
    return;
  }
  if (type == "input") return add(e, {"state", "digital_input", ""}, id, member(&c, "state"), failed);
  if (type == "flood") return add(e, {"alarm", "water_leak_detected", ""}, id, member(&c, "alarm"), failed);
  if (type == "voltmeter") return add(e, {"voltage", "voltage", "V"}, id, member(&c, "voltage"), failed);
  if (type == "wifi") return add(e, {"rssi", "rssi", "dBm"}, "", member(&c, "rssi"), failed);
  if (type == "sys") return add(e, {"uptime", "uptime", "s"}, "", member(&c, "uptime"), failed);
  bool const known = type == "switch" || type == "pm1" || type == "cover" || type == "light" || type == "humidity" || type == "temperature" ||
                     type == "illuminance" || type == "smoke";
  if (!known) return;
  for (auto const& q : plain_keys) add(e, q, id, member(&c, q.key), failed);
  add(e, {"total", "energy_import", "kW.h", 1000}, id, member(member(&c, "aenergy"), "total"), failed);
  add(e, {"total", "energy_export", "kW.h", 1000}, id, member(member(&c, "ret_aenergy"), "total"), failed);
  add(e, {"tC", "device_temperature", "Cel"}, id, member(member(&c, "temperature"), "tC"), failed);  // the chip's; tF repeats it
}

message_kind kind_of(decoded_element const& e) {
  for (auto const& r : e.readings)
    if (r.metric == "smoke_detected" || r.metric == "water_leak_detected") return message_kind::event;
  for (auto const& r : e.readings)
    if (std::holds_alternative<double>(r.v)) return message_kind::telemetry;
  return message_kind::status;
}

decoded notification(json::value const& root, std::string device, decode_input const& in) {
  auto const method = text(member(&root, "method"));
  auto const* params = member(&root, "params");
  if (!method || !params || !params->is_object()) return decoded::rejected("a notification needs method and params");
  auto d = decoded::of(message_kind::telemetry, std::move(device));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  if (auto const* ts = member(params, "ts"); ts && !ts->is_null()) {
    e.t = instant(ts, in.settings);
    e.time_refused = !e.t;
  }
  if (*method == "NotifyStatus" || *method == "NotifyFullStatus") {
    for (auto const& [name, c] : params->get_object()) read_component(name, c, e);
    if (e.readings.empty()) return decoded::ignored("a status without a value that is kept", message_kind::status);
    d.kind = kind_of(e);
    return d;
  }
  if (*method != "NotifyEvent") return decoded::ignored("method " + std::string(method->substr(0, 64)) + " is not kept");
  d.kind = message_kind::event;
  if (auto const* list = member(params, "events"); list && list->is_array())
    for (auto const& v : list->get_array())
      if (auto const name = text(member(&v, "event")); name && !name->empty() && name->size() <= 128) e.events.push_back({std::string(*name), json::serialize(v)});
  if (e.events.empty()) return decoded::ignored("a notification without events", d.kind);
  return d;
}

decoded rpc(json::value const& root, std::string topic_name) {
  auto const id_of = [&] {
    auto const* id = member(&root, "id");
    return !id ? std::string() : id->is_string() ? std::string(id->get_string()) : json::serialize(*id);
  };
  if (auto const method = text(member(&root, "method"))) {
    auto d = decoded::of(message_kind::command, std::move(topic_name));
    decoded_command c;
    c.action = std::string(*method);
    if (*method == "Switch.Set") c.action = truth(member(member(&root, "params"), "on")) == true ? "switch_on" : "switch_off";
    c.id = id_of();
    if (auto const src = text(member(&root, "src"))) c.ack_topic = std::string(*src) + "/rpc";
    d.command = std::move(c);
    return d;
  }
  // An answer stands on the asker's topic: the device is `src`.
  auto const src = text(member(&root, "src"));
  if (!src || src->empty()) return decoded::rejected("an RPC answer needs src");
  bool const good = member(&root, "result") && !member(&root, "error");
  auto d = decoded::of(message_kind::command, std::string(*src));
  d.command = decoded_command{false, "ack", id_of(), ""};
  d.elements.front().readings.push_back({"command_status", "", "", std::string(good ? "ok" : "failed")});
  return d;
}

}  // namespace

decoded decode_shelly_gen2(decode_input const& in) {
  auto const topic = in.topic;
  auto const payload = trimmed(in.payload);
  auto const last = topic.rfind('/');
  if (last == std::string_view::npos || last == 0) return decoded::rejected("not a Shelly topic");
  auto const ending = topic.substr(last + 1);
  auto const before = topic.substr(0, last);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);

  if (ending == "online") {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("online is true or false");
    auto d = decoded::of(message_kind::status, std::string(before));
    d.elements.front().online = *b;
    d.elements.front().content = hash_of(payload);
    d.elements.front().readings.push_back({"online", "", "", *b});
    return d;
  }
  auto const parent = before.substr(before.rfind('/') == std::string_view::npos ? 0 : before.rfind('/') + 1);
  std::string const prefix(before.size() > parent.size() ? before.substr(0, before.size() - parent.size() - 1) : std::string_view{});
  if (ending == "command" || parent == "command") {
    auto d = decoded::of(message_kind::command, ending == "command" ? std::string(before) : prefix);
    d.command = decoded_command{true, std::string(payload.substr(0, 64)), "", ""};
    return d;
  }

  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("Shelly sends objects here");
  if (ending == "rpc" && parent == "events" && !prefix.empty()) return notification(doc.root, prefix, in);
  if (ending == "rpc") {
    auto d = rpc(doc.root, std::string(before));
    for (auto& e : d.elements) e.content = hash_of(payload);
    return d;
  }
  if (parent == "status" && !prefix.empty()) {
    auto d = decoded::of(message_kind::telemetry, prefix);
    auto& e = d.elements.front();
    e.content = hash_of(payload, hash_of(ending));
    read_component(ending, doc.root, e);
    if (e.readings.empty()) return decoded::ignored("a component without a value that is kept", message_kind::status);
    d.kind = kind_of(e);
    return d;
  }
  return decoded::rejected("not a Shelly topic");
}

}  // namespace ioc::perceive
