#include "perceive/decoders/ha_discovery/ha_config.hpp"
#include "perceive/decoders/ha_discovery/ha_template.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <algorithm>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

bool same_word(std::string const& a, std::string const& b) { return !b.empty() && equal_fold(a, b); }

// On or off by the payloads that the entity named, else by the usual words.
std::optional<bool> state_of(ha_binding const& b, json::value const& v) {
  auto const said = template_text(v);
  if (same_word(said, b.on)) return true;
  if (same_word(said, b.off)) return false;
  if (b.platform == "alarm_control_panel") return equal_fold(said, "triggered");
  if (b.platform == "cover" || b.platform == "valve") {
    if (equal_fold(said, "opening") || equal_fold(said, "closing")) return true;
  }
  return truth(&v);
}

decoded_element& element_of(decoded& d, std::string const& native, std::uint64_t content) {
  for (auto& e : d.elements)
    if (e.native == native) return e;
  auto& e = d.elements.emplace_back();
  e.native = native;
  e.content = content;
  return e;
}

void read_state(ha_binding const& b, json::value const& v, decoded_element& e) {
  quantity const q{b.key, b.metric, b.channel, b.unit, b.said, static_cast<value_form>(b.form), false};
  decoded_reading r{b.metric, b.channel, b.unit, {}};
  if (is_missing(v)) return;
  if (q.as == value_form::truth) {
    auto const on = state_of(b, v);
    if (!on) return;
    r.v = *on != b.inverted;
  } else {
    auto value = q.as == value_form::word && v.is_bool() ? std::optional<core::value>(template_text(v)) : value_of(q, v, b.said);
    if (!value && q.as == value_form::number) return;
    if (!value) return;
    r.v = std::move(*value);
    // A sensor without unit and class: what reads as a number is one.
    if (q.as == value_form::word && b.metric == "label" && (b.platform == "sensor" || b.platform == "number"))
      if (auto const n = number(&v)) r = {"raw_value", b.channel, "1", *n};
  }
  if (r.metric == "online") e.online = std::get<bool>(r.v);
  e.readings.push_back(std::move(r));
}

decoded read_command(ha_binding const& b, std::string_view payload) {
  auto d = decoded::of(message_kind::command, b.native);
  auto said = cut(payload, 64);
  if (payload.starts_with('{')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    said = cut(text(member(&doc.root, "state")).value_or(""), 64);
  }
  std::string verb = "set";
  if (same_word(said, b.on) || (b.on.empty() && equal_fold(said, "ON"))) verb = "on";
  else if (same_word(said, b.off) || (b.off.empty() && equal_fold(said, "OFF"))) verb = "off";
  else
    for (auto const* word : {"press", "open", "close", "stop", "lock", "unlock", "toggle"})
      if (equal_fold(said, word)) verb = word;
  d.command = decoded_command{true, b.platform + "_" + verb, "", b.state_topic};
  return d;
}

}  // namespace

decoded read_ha_message(std::vector<ha_binding> const& bindings, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored("empty payload");
  for (auto const& b : bindings)
    if (b.role == "command") return read_command(b, payload);
  if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");
  json_text const doc(payload);
  bool const structured = payload.starts_with('{') || payload.starts_with('[');
  if (!doc.ok() && structured) return decoded::rejected(doc.problem);

  decoded d;
  auto const content = hash_of(payload, hash_of(in.topic));
  bool any_state = false, any_sensor = false, unreadable = false, present = false;
  std::string not_understood;
  for (auto const& b : bindings) {
    auto const result = evaluate_template(b.pattern, payload, doc.ok() ? &doc.root : nullptr);
    if (!result.understood) {
      if (not_understood.empty()) not_understood = "the value_template of \"" + b.key + "\" is not understood, " + result.problem + ": " + cut(b.pattern, 160);
      continue;
    }
    if (!result.v) continue;
    auto& e = element_of(d, b.native, content);
    if (b.role == "availability") {
      auto const said = template_text(*result.v);
      bool const up = same_word(said, b.on), down = same_word(said, b.off);
      if (!up && !down) {
        unreadable = true;
        continue;
      }
      if (!e.online || up == false) e.online = up;
      if (std::none_of(e.readings.begin(), e.readings.end(), [](auto const& r) { return r.metric == "online"; })) e.readings.push_back({"online", "", "", up});
      continue;
    }
    if (b.role == "event" || b.role == "trigger") {
      auto const* type = member(&*result.v, "event_type");
      std::string const name = b.role == "trigger" ? b.key : type ? template_text(*type) : template_text(*result.v);
      if (b.role == "trigger" && !b.on.empty() && template_text(*result.v) != b.on) continue;
      if (!name.empty() && name.size() <= max_text) e.events.push_back({name, structured ? json::serialize(doc.root) : ""});
      d.kind = message_kind::event;
      continue;
    }
    any_state = true;
    any_sensor = any_sensor || b.platform == "sensor" || b.platform == "number" || b.platform == "climate";
    if (b.role == "update") {
      auto const* installed = result.v->is_object() ? member(&*result.v, "installed_version") : &*result.v;
      auto const* latest = member(&*result.v, "latest_version");
      if (installed && installed->is_string() && installed->get_string().size() <= max_text) e.readings.push_back({"firmware_version", "", "", std::string(installed->get_string())});
      if (installed && latest && latest->is_string()) e.readings.push_back({"update_available", "", "", *installed != *latest});
      continue;
    }
    auto const before = e.readings.size();
    read_state(b, *result.v, e);
    if (e.readings.size() == before && !is_missing(*result.v)) unreadable = true;
    present = present || !is_missing(*result.v);
  }
  std::erase_if(d.elements, [](decoded_element const& e) { return e.readings.empty() && e.events.empty() && !e.online; });
  if (d.elements.empty()) {
    if (!not_understood.empty()) return decoded::rejected(std::move(not_understood));
    if (unreadable && present && !structured) return decoded::rejected("a value that cannot be read");
    return decoded::ignored("no value");
  }
  bool const event = std::any_of(d.elements.begin(), d.elements.end(), [](decoded_element const& e) { return !e.events.empty() || tells_of_an_event(e); });
  bool const binary = std::any_of(bindings.begin(), bindings.end(), [](ha_binding const& b) { return b.role == "state" && b.platform == "binary_sensor"; });
  if (event || (binary && !any_sensor)) d.kind = message_kind::event;
  else d.kind = any_state && any_sensor ? message_kind::telemetry : message_kind::status;
  return d;
}

}  // namespace ioc::perceive
