#include "perceive/decoders/esphome/esphome.hpp"

#include "perceive/decoders/ha_discovery/ha_config.hpp"
#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

constexpr std::array<std::string_view, 20> components{"sensor", "binary_sensor", "switch", "light", "cover", "fan", "climate", "number", "select", "text", "text_sensor", "lock", "button", "valve", "event", "alarm_control_panel", "date", "time", "datetime", "update"};

struct place {
  std::string prefix;
  std::string_view component, object;
  std::string part;  // between object and the last level: mode, position, speed_level
  std::string_view last;
};

// The prefix may have several levels: the component is looked for from the end.
std::optional<place> place_of(std::string_view topic) {
  auto const level = topic_levels(topic);
  if (level.size() < 4 || (level.back() != "state" && level.back() != "command")) return std::nullopt;
  for (std::size_t i = level.size() - 3; i >= 1 && i + 5 >= level.size(); --i) {
    if (std::find(components.begin(), components.end(), level[i]) == components.end() || level[i + 1].empty()) continue;
    place p;
    p.prefix = std::string(topic.substr(0, static_cast<std::size_t>(level[i].data() - topic.data()) - 1));
    p.component = level[i];
    p.object = level[i + 1];
    for (std::size_t k = i + 2; k + 1 < level.size(); ++k) p.part += (p.part.empty() ? "" : "/") + std::string(level[k]);
    p.last = level.back();
    if (!p.prefix.empty()) return p;
  }
  return std::nullopt;
}

decoded command(place const& p, std::string_view payload, std::string_view topic) {
  auto d = decoded::of(message_kind::command, p.prefix);
  auto said = cut(payload, 64);
  if (payload.starts_with('{')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    said = cut(text(member(&doc.root, "state")).value_or(""), 64);
  }
  std::string verb = "set";
  if (p.part.empty())
    for (auto const* w : {"on", "off", "toggle", "open", "close", "stop", "lock", "unlock", "press"})
      if (equal_fold(said, w)) verb = w;
  std::string const ack = p.component == "button" ? "" : std::string(topic.substr(0, topic.size() - 7)) + "state";
  d.command = decoded_command{true, std::string(p.component) + "_" + verb, "", ack};
  return d;
}

// What the object measures: the installer's word, the node's own discovery message, its name.
std::optional<quantity> meaning_of(place const& p, decode_input const& in, std::vector<ha_binding> const& announced) {
  if (auto const set = quantity_of_setting(in.settings, p.object)) return set;
  for (auto const& b : announced)
    if (b.role == "state") return quantity{{}, b.metric, {}, b.unit, b.said, static_cast<value_form>(b.form), b.inverted};
  if (auto const* q = quantity_within(p.object)) return *q;
  return std::nullopt;
}

decoded unreadable(std::string_view payload) { return decoded::rejected("\"" + cut(payload, 32) + "\" is no value of this component"); }

decoded state(place const& p, std::string_view payload, decode_input const& in) {
  auto d = decoded::of(message_kind::status, p.prefix);
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(in.topic));
  std::string const channel(p.object);
  auto const add = [&](std::string_view metric, std::string_view unit, core::value v) { e.readings.push_back({std::string(metric), channel, std::string(unit), std::move(v)}); };
  if (is_missing(payload)) return decoded::ignored("the node has no value", p.component == "sensor" ? message_kind::telemetry : message_kind::status);
  if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");
  json::value const plain(json::string_view(payload.data(), payload.size()));
  auto const announced = in.memory ? ha_bindings(*in.memory, in.topic) : std::vector<ha_binding>{};
  auto const q = meaning_of(p, in, announced);
  auto const c = p.component;

  if (c == "sensor" || (c == "number" && p.part.empty())) {
    d.kind = message_kind::telemetry;
    if (q && q->as == value_form::number) {
      auto v = value_of(*q, plain);
      if (!v) return unreadable(payload);
      add(q->metric, q->unit, std::move(*v));
      if (q->metric == "online") e.online = true;
      return d;
    }
    auto const n = number(&plain);
    if (!n) return unreadable(payload);
    add("raw_value", "1", *n);
    return d;
  }
  if (c == "binary_sensor") {
    auto const on = truth(payload);
    if (!on) return unreadable(payload);
    d.kind = message_kind::event;
    if (q && q->as == value_form::truth) add(q->metric, "", *on != q->inverted);
    else add("digital_input", "", *on);
    if (q && q->metric == "online") e.online = *on;
    return d;
  }
  if (!p.part.empty()) {
    auto const n = number(&plain);
    if (c == "climate" && p.part == "current_temperature" && n) {
      d.kind = message_kind::telemetry;
      add("temperature", "Cel", *n);
    } else if (c == "climate" && p.part == "current_humidity" && n) {
      d.kind = message_kind::telemetry;
      add("relative_humidity", "%", *n);
    } else if ((c == "cover" || c == "valve") && p.part == "position" && n) {
      d.kind = message_kind::telemetry;
      add("gate_position", "%", *n);
    } else if (c == "climate" && p.part == "mode" && payload.size() <= max_text) {
      add("device_state", "", std::string(payload));
    } else {
      return decoded::ignored("the " + std::string(c) + "'s " + cut(p.part, 32) + " is not kept", message_kind::status);
    }
    return d;
  }
  if (c == "switch" || c == "light" || c == "fan") {
    json_text const doc(payload);
    auto const on = doc.ok() && doc.root.is_object() ? truth(member(&doc.root, "state")) : truth(payload);
    if (!on) return payload.starts_with('{') && !doc.ok() ? decoded::rejected(doc.problem) : unreadable(payload);
    bool const siren = q && q->metric == "siren_state";
    add(siren ? "siren_state" : "switch_state", "", *on);
    if (auto const n = number(member(&doc.root, "brightness")); n && *n >= 0 && *n <= 255) add("light_output", "%", *n / 255 * 100);
    return d;
  }
  if (c == "cover" || c == "valve") {
    if (equal_fold(payload, "opening") || equal_fold(payload, "closing")) add("device_state", "", lower(payload));
    else if (auto const open = truth(payload)) add("door_open", "", *open);
    else return unreadable(payload);
    return d;
  }
  if (c == "alarm_control_panel") {
    d.kind = message_kind::event;
    add("alarm", "", equal_fold(payload, "triggered"));
    if (payload.size() <= max_text) add("device_state", "", std::string(payload));
    return d;
  }
  if (c == "event" || c == "update") {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (c == "event") {
      auto const type = text(member(&doc.root, "event_type"));
      if (!type || type->empty() || type->size() > max_text) return decoded::rejected("an event names its event_type");
      d.kind = message_kind::event;
      e.events.push_back({std::string(*type), json::serialize(doc.root)});
      return d;
    }
    auto const installed = text(member(&doc.root, "installed_version")), latest = text(member(&doc.root, "latest_version"));
    if (installed && installed->size() <= max_text) e.readings.push_back({"firmware_version", "", "", std::string(*installed)});
    if (installed && latest) e.readings.push_back({"update_available", "", "", *installed != *latest});
    if (e.readings.empty()) return decoded::ignored("no version", message_kind::status);
    return d;
  }
  if (payload.size() > max_text) return decoded::rejected("a text of more than 256 bytes");
  if (c == "lock") add("device_state", "", lower(payload));
  else if (c == "text_sensor" && p.object.find("version") != std::string_view::npos) add("firmware_version", "", std::string(payload));
  else add("label", "", std::string(payload));
  return d;
}

decoded discovered(std::string_view name, std::string_view payload) {
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a discovery message is an object");
  auto const said = text(member(&doc.root, "name"));
  std::string const native(said && !said->empty() && said->size() <= max_text ? *said : name);
  auto d = decoded::of(message_kind::status, native);
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(name));
  if (auto const version = text(member(&doc.root, "version")); version && !version->empty() && version->size() <= max_text) e.readings.push_back({"firmware_version", "", "", std::string(*version)});
  auto const word = [&](std::string_view key) { return std::string(text(member(&doc.root, key)).value_or("")); };
  auto friendly = word("friendly_name");
  d.discovered.push_back({native, friendly.empty() ? native : std::move(friendly), "ESPHome", word("board"), "", {}});
  return d;
}

}  // namespace

decoded decode_esphome(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (in.topic.starts_with("esphome/discover/")) {
    if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
    return discovered(in.topic.substr(17), payload);
  }
  if (in.topic == "esphome/discover" || in.topic.starts_with("esphome/ping/")) return decoded::ignored("a question to all nodes", message_kind::command);
  // The node's own discovery message, where the installation hands it to this source too.
  if (in.topic.starts_with("homeassistant/") && in.topic.ends_with("/config")) return read_ha_config(in.topic, "homeassistant", in);
  if (auto const p = place_of(in.topic)) {
    if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload");
    return p->last == "command" ? command(*p, payload, in.topic) : state(*p, payload, in);
  }
  auto const slash = in.topic.rfind('/');
  auto const last = slash == std::string_view::npos ? std::string_view{} : in.topic.substr(slash + 1);
  if (last == "status" && slash > 0) {
    if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
    if (!equal_fold(payload, "online") && !equal_fold(payload, "offline")) return decoded::rejected("status is online or offline");
    auto d = decoded::of(message_kind::status, std::string(in.topic.substr(0, slash)));
    auto& e = d.elements.front();
    e.online = equal_fold(payload, "online");
    e.content = hash_of(payload, hash_of(in.topic));
    e.readings.push_back({"online", "", "", *e.online});
    return d;
  }
  if (last == "debug" || last == "logs") return decoded::ignored("the node's log is not kept", message_kind::status);
  return decoded::rejected("not a topic of ESPHome");
}

}  // namespace ioc::perceive
