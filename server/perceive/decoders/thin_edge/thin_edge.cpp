#include "perceive/decoders/thin_edge/thin_edge.hpp"

#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// Unix seconds or RFC 3339 with its offset; false when the message says a time that is none.
bool read_time(json::value const& root, decoded_element& e) {
  auto const* t = member(&root, "time");
  if (!t) return true;
  if (t->is_number()) {
    auto const n = number(t);
    e.t = n ? epoch(*n) : std::nullopt;
  } else if (auto const s = text(t)) {
    e.t = core::from_iso(*s, std::nullopt);
    if (e.t && !epoch(static_cast<double>(core::to_ms(*e.t)) / 1000)) e.t.reset();
  }
  return e.t.has_value();
}

std::string joined(std::string_view a, std::string_view b) { return a.empty() || b.empty() ? std::string(a) + std::string(b) : std::string(a) + "/" + std::string(b); }

struct entity {
  std::string name;  // our native
  std::string key;   // in memory
};

// device/main// → main, device/main/service/x → main/x, anything else as it stands without empty levels.
entity entity_of(std::string_view a, std::string_view b, std::string_view c, std::string_view d) {
  entity out;
  for (auto l : {a, b, c, d}) out.key += std::string(l) + "/";
  if (a == "device" && c.empty() && d.empty()) out.name = std::string(b);
  else if (a == "device" && c == "service") out.name = std::string(b) + "/" + std::string(d);
  else
    for (auto l : {a, b, c, d})
      if (!l.empty()) out.name = joined(out.name, l);
  return out;
}

void add_measure(std::string_view group, std::string_view key, json::value const& v, std::string_view type, json::value const* units, decoder_settings const* settings, decoded_element& e) {
  auto const said_unit = text(member(group.empty() ? units : member(units, group), key)).value_or(std::string_view{});
  auto const* q = quantity_named(key);
  if (!q) q = quantity_within(key);
  auto channel = joined(type, group);
  if (!quantity_named(key) && q) channel = joined(channel, key);
  if (!q && !group.empty()) {  // {"current": {"L1": 9.5}}: the group is the quantity, the key its phase
    q = quantity_within(group);
    channel = joined(type, key);
  }
  auto const set = quantity_of_setting(settings, key);
  if (set) {
    q = &*set;
    channel = joined(joined(type, group), set->channel);
  }
  auto const ucum = ucum_of(said_unit);
  if (q && q->as == value_form::number && !said_unit.empty() && !convert(1, ucum, q->unit)) q = quantity_of_unit(said_unit);
  if (q && q->as == value_form::number)
    if (auto value = value_of(*q, v, ucum)) return e.readings.push_back({std::string(q->metric), std::move(channel), std::string(q->unit), std::move(*value)});
  if (auto const n = number(&v)) e.readings.push_back({"raw_value", joined(joined(type, group), key), "1", *n});
}

decoded measurements(entity const& who, std::string_view type, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("measurements are an object");
  auto d = decoded::of(message_kind::telemetry, who.name);
  auto& e = d.elements.front();
  e.content = hash_of(in.payload, hash_of(in.topic));
  if (!read_time(doc.root, e)) return decoded::rejected("\"time\" is neither RFC 3339 nor Unix seconds");
  std::string const kept = in.memory && in.memory->find(who.key + std::string(type)) ? *in.memory->find(who.key + std::string(type)) : "{}";
  json_text const units(kept);
  for (auto const& [key, v] : doc.root.get_object()) {
    if (key == "time" || (key == "type" && v.is_string())) continue;
    if (key.empty() || key.size() > 128) return decoded::rejected("a measurement without a usable name");
    if (v.is_number()) {
      add_measure({}, key, v, type, &units.root, in.settings, e);
      continue;
    }
    if (!v.is_object()) return decoded::rejected("measurement \"" + std::string(key) + "\" is no number");
    for (auto const& [inner, value] : v.get_object()) {
      if (!value.is_number() || inner.empty() || inner.size() > 128) return decoded::rejected("measurement \"" + std::string(key) + "." + cut(inner, 128) + "\" is no number");
      add_measure(key, inner, value, type, &units.root, in.settings, e);
    }
  }
  if (e.readings.empty()) return decoded::ignored("a message without a measurement");
  return d;
}

decoded alarm(entity const& who, std::string_view type, std::string_view severity, decode_input const& in) {
  auto d = decoded::of(message_kind::event, who.name);
  auto& e = d.elements.front();
  e.content = hash_of(in.payload, hash_of(in.topic));
  if (trimmed(in.payload).empty()) {  // the agent's way to clear it
    e.readings.push_back({"alarm", std::string(type), "", false});
    return d;
  }
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("an alarm is an object");
  if (!read_time(doc.root, e)) return decoded::rejected("\"time\" is neither RFC 3339 nor Unix seconds");
  e.readings.push_back({"alarm", std::string(type), "", true});
  auto const word = text(member(&doc.root, "severity")).value_or(severity);
  if (!word.empty() && word.size() <= max_text) e.readings.push_back({"alert_severity", std::string(type), "", std::string(word)});
  if (auto const said = text(member(&doc.root, "text")); said && !said->empty() && said->size() <= max_text) e.readings.push_back({"alert_event", std::string(type), "", std::string(*said)});
  return d;
}

decoded happening(entity const& who, std::string_view type, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("an event is an object");
  auto d = decoded::of(message_kind::event, who.name);
  auto& e = d.elements.front();
  e.content = hash_of(in.payload, hash_of(in.topic));
  if (!read_time(doc.root, e)) return decoded::rejected("\"time\" is neither RFC 3339 nor Unix seconds");
  e.events.push_back({type.empty() ? std::string("event") : cut(type), json::serialize(doc.root)});
  if (auto const said = text(member(&doc.root, "text")); said && !said->empty() && said->size() <= max_text) e.readings.push_back({"label", std::string(type), "", std::string(*said)});
  return d;
}

decoded command(entity const& who, std::string_view type, std::string_view id, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a command is an object");
  auto d = decoded::of(message_kind::command, who.name);
  auto& e = d.elements.front();
  e.content = hash_of(in.payload, hash_of(in.topic));
  auto const status = text(member(&doc.root, "status")).value_or("init");
  if (status == "init") {
    d.command = decoded_command{true, std::string(type), std::string(id), std::string(in.topic)};
    return d;
  }
  bool const good = status == "successful", bad = status == "failed";
  d.command = decoded_command{false, good ? "ack" : bad ? "nack" : cut(status, 64), std::string(id), ""};
  if (good || bad) e.readings.push_back({"command_status", "", "", std::string(good ? "ok" : "failed")});
  else e.readings.push_back({"device_state", std::string(type), "", cut(status, max_text)});
  if (auto const why = text(member(&doc.root, "reason")); why && !why->empty() && why->size() <= max_text) e.readings.push_back({"command_result", "", "", std::string(*why)});
  return d;
}

decoded health(entity const& who, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  auto d = decoded::of(message_kind::status, who.name);
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(in.topic));
  auto word = cut(payload, 32);
  if (payload.starts_with('{')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    word = cut(text(member(&doc.root, "status")).value_or(""), 32);
    if (!read_time(doc.root, e)) e.time_refused = true;
  }
  auto const up = word == "up" ? std::optional(true) : word == "down" ? std::optional(false) : truth(word);  // Mosquitto's bridge says 1 and 0
  if (!up) return decoded::rejected("health is up or down");
  e.online = *up;
  e.readings.push_back({"online", "", "", *up});
  return d;
}

decoded registration(entity const& who, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const kind = text(member(&doc.root, "@type"));
  if (!kind) return decoded::rejected("a registration says its @type");
  auto d = decoded::of(message_kind::status, who.name);
  d.elements.front().content = hash_of(in.payload);
  auto name = text(member(&doc.root, "name"));
  if (!name) name = text(member(&doc.root, "displayName"));
  d.discovered.push_back({who.name, std::string(name.value_or("")), "thin-edge.io", std::string(text(member(&doc.root, "type")).value_or("")), "", {}});
  return d;
}

// tedge/measurements[/child], tedge/events/type[/child], tedge/alarms/severity/type[/child], tedge/health/service.
decoded older(std::vector<std::string_view> const& l, decode_input const& in) {
  auto const part = [&](std::size_t i) { return i < l.size() ? l[i] : std::string_view{}; };
  auto const child = [&](std::size_t i) { return entity_of("device", part(i).empty() ? "main" : part(i), "", ""); };
  bool const nothing = trimmed(in.payload).empty();
  auto const what = part(1);
  if (what == "alarms" && !part(3).empty()) return alarm(child(4), part(3), part(2), in);
  if (nothing) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload");
  if (what == "measurements") return measurements(child(2), "", in);
  if (what == "events" && !part(2).empty()) return happening(child(3), part(2), in);
  if (what == "health" && !part(2).empty()) return health(entity_of("device", "main", "service", part(2)), in);
  if (what == "commands" || what == "health-check") return decoded::ignored("the agent's own exchange is not kept", message_kind::command);
  return decoded::rejected("not a topic of thin-edge.io");
}

}  // namespace

decoded decode_thin_edge(decode_input const& in) {
  auto const level = topic_levels(in.topic);
  if (level[0] == "tedge") return older(level, in);
  if (level[0] != "te" || level.size() < 3) return decoded::rejected("not a topic of thin-edge.io");
  auto const part = [&](std::size_t i) { return i < level.size() ? level[i] : std::string_view{}; };
  auto const who = entity_of(part(1), part(2), part(3), part(4));
  if (who.name.empty()) return decoded::rejected("a topic without an identity");
  auto const what = part(5), type = part(6), more = part(7);
  bool const nothing = trimmed(in.payload).empty();
  if (what == "a" && !type.empty() && more.empty()) return alarm(who, type, "", in);
  if (nothing) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", what == "cmd" ? message_kind::command : message_kind::status);
  if (level.size() <= 5) return registration(who, in);
  if (more == "meta") {
    json_text const doc(in.payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    auto const* units = member(&doc.root, "units");
    if (what == "m" && units && units->is_object() && in.memory && !in.memory->put(who.key + std::string(type), json::serialize(*units))) return decoded::rejected("too many units to remember");
    return decoded::ignored("what is said about a type, not a value", message_kind::status);
  }
  if (what == "m") return measurements(who, type == "ThinEdgeMeasurement" ? std::string_view{} : type, in);
  if (what == "e") return happening(who, type, in);
  if (what == "cmd") {
    if (more.empty()) return decoded::ignored("a command that the device can do, not one that it does", message_kind::status);
    return command(who, type, more, in);
  }
  if (what == "status" && type == "health") return health(who, in);
  if (what == "twin") {
    json_text const doc(in.payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    auto const version = text(member(&doc.root, "version"));
    if (type != "firmware" || !version || version->size() > max_text) return decoded::ignored("the twin's " + cut(type, 64) + " is not kept", message_kind::status);
    auto d = decoded::of(message_kind::status, who.name);
    d.elements.front().content = hash_of(in.payload);
    d.elements.front().readings.push_back({"firmware_version", "", "", std::string(*version)});
    return d;
  }
  if (what == "signal" || what == "tx" || what == "flows" || what == "status") return decoded::ignored("the agent's own exchange is not kept", message_kind::status);
  return decoded::rejected("unknown channel \"" + cut(what, 32) + "\" of thin-edge.io");
}

}  // namespace ioc::perceive
