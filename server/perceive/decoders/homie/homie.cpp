#include "perceive/decoders/homie/homie.hpp"

#include "perceive/decoders/mbmd/mbmd_quantity.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/decode_help.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct word {
  std::string_view name;
  std::string_view metric;
  std::string_view unit;  // canonical; "" = boolean
};
// What Homie's names mean beside the common vocabulary, or otherwise than there.
constexpr std::array words{
    word{"volume", "volume", "%"},      word{"brightness", "light_output", "%"}, word{"dim", "light_output", "%"},
    word{"power", "switch_state", ""},  word{"on", "switch_state", ""},          word{"state", "switch_state", ""},
    word{"relay", "switch_state", ""},  word{"outlet", "switch_state", ""},      word{"window", "door_open", ""},
    word{"contact", "door_open", ""},   word{"presence", "occupancy", ""},       word{"input", "digital_input", ""},
    word{"button", "digital_input", ""},
};
// Units that name their quantity here, though elsewhere they are ambiguous.
constexpr std::array by_unit{word{"[ppm]", "co2_concentration", "[ppm]"}, word{"m3", "water_volume", "m3"}};
constexpr std::array event_metrics{"motion_detected", "door_open", "smoke_detected", "water_leak_detected", "tamper", "alarm"};

// By the property's name: Homie's own words, then the common ones. A boolean and a number may have the same name ("power").
std::optional<word> meaning_of(std::string_view name, bool boolean) {
  auto const lowered = lower(name);
  for (auto const& w : words)
    if (w.name == lowered && w.unit.empty() == boolean) return w;
  // One letter is no name: "t" of a node may be anything.
  auto const* q = lowered.size() > 1 ? quantity_named(lowered) : nullptr;
  auto const form = boolean ? value_form::truth : value_form::number;
  return q && q->as == form && !q->inverted && q->channel.empty() && q->said == q->unit ? std::optional(word{q->name, q->metric, q->unit}) : std::nullopt;
}
// By the unit, if only one quantity has it.
std::optional<word> meaning_of_unit(std::string_view unit) {
  for (auto const& w : by_unit)
    if (w.name == unit) return w;
  auto const* q = quantity_of_unit(unit);
  return q ? std::optional(word{q->name, q->metric, q->unit}) : std::nullopt;
}

struct property {
  std::string unit, datatype;
};

property known(decode_input const& in, std::string const& at) {
  auto const get = [&](std::string const& key) {
    auto const* s = in.memory ? in.memory->find(key) : nullptr;
    return s ? *s : std::string();
  };
  return {get("u:" + at), get("t:" + at)};
}

decoded state(std::string device, std::string_view word) {
  constexpr std::array up{"init", "ready", "alert", "sleeping"};
  constexpr std::array down{"disconnected", "lost"};
  auto const said = lower(word);
  bool const online = std::find(up.begin(), up.end(), said) != up.end();
  if (!online && std::find(down.begin(), down.end(), said) == down.end()) return decoded::rejected("$state is init, ready, disconnected, sleeping, lost or alert");
  if (said == "sleeping") {  // out of reach on purpose: neither gone nor there
    auto d = decoded::of(message_kind::status, std::move(device));
    d.elements.front().content = hash_of(word);
    add_text(d.elements.front(), "device_state", "", said);
    return d;
  }
  auto d = online_message(std::move(device), online, word);
  add_text(d.elements.front(), "device_state", "", said);
  if (said == "alert") add_flag(d.elements.front(), "device_fault", "", true);
  return d;
}

// Homie 5: one JSON document names nodes, properties, units and types.
decoded description(std::string device, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto d = decoded::of(message_kind::status, device);
  discovered_device found;
  found.native = device;
  if (auto const name = text(member(&doc.root, "name"))) found.name = std::string(*name);
  auto const* nodes = member(&doc.root, "nodes");
  if (nodes && nodes->is_object())
    for (auto const& [node, n] : nodes->get_object()) {
      auto const* properties = member(&n, "properties");
      if (!properties || !properties->is_object()) continue;
      for (auto const& [name, p] : properties->get_object()) {
        auto const at = device + "/" + std::string(node) + "/" + std::string(name);
        for (auto const& [key, mark] : {std::pair<std::string_view, std::string_view>{"unit", "u:"}, {"datatype", "t:"}})
          if (auto const v = text(member(&p, key)); v && in.memory && !in.memory->put(std::string(mark) + at, cut(*v, 64)))
            return decoded::rejected("too many properties are remembered");
      }
    }
  d.discovered.push_back(std::move(found));
  return d;
}

decoded device_attribute(std::string device, std::string_view name, std::string_view payload, decode_input const& in) {
  if (name == "$state") return state(std::move(device), payload);
  if (name == "$online") {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("$online is true or false");
    return online_message(std::move(device), *b, payload);
  }
  if (name == "$description") return description(std::move(device), in);
  auto d = decoded::of(message_kind::status, device);
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(name));
  auto const v = measured(payload, "1");
  if (name == "$fw/version") add_text(e, "firmware_version", "", payload);
  else if (name == "$stats/uptime" && v) add_number(e, "uptime", "", "s", *v);
  else if (name == "$stats/signal" && v) add_number(e, "link_quality", "", "1", *v);  // per cent, not dBm
  else if (name == "$stats/battery" && v) add_number(e, "battery_level", "", "%", *v);
  else if (name == "$stats/cputemp" && v) add_number(e, "device_temperature", "", "Cel", *v);
  else if (name == "$name" && valid_utf8(payload)) d.discovered.push_back({device, cut(payload, max_text), "", "", "", {}});
  return d;  // others tell how the device is built; nothing to store
}

decoded value(std::string device, std::string_view node, std::string_view name, std::string_view payload, decode_input const& in) {
  auto const p = known(in, device + "/" + std::string(node) + "/" + std::string(name));
  if (is_missing(payload)) return decoded::ignored("no value");
  auto const unit = ucum_of(p.unit);
  bool const boolean = p.datatype == "boolean" || (p.datatype.empty() && p.unit.empty() && (payload == "true" || payload == "false"));
  // One node is the device itself: "meter" of mbmd, or a node named like its property.
  std::string const channel = node == "meter" || node == name ? std::string() : std::string(node);

  if (boolean) {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("a boolean is true or false");
    auto const w = meaning_of(name, true);
    bool const ours = w.has_value();
    auto d = decoded::of(message_kind::status, std::move(device));
    auto& e = d.elements.front();
    e.content = hash_of(payload, hash_of(in.topic));
    std::string const metric(ours ? w->metric : "digital_input");
    add_flag(e, metric, ours ? channel : (channel.empty() ? "" : channel + "/") + std::string(name), *b);
    if (std::find(event_metrics.begin(), event_metrics.end(), metric) != event_metrics.end()) d.kind = message_kind::event;
    return d;
  }
  if (p.datatype == "string" || p.datatype == "enum" || p.datatype == "color" || p.datatype == "datetime" || p.datatype == "duration" || p.datatype == "json")
    return decoded::ignored("a property of type " + p.datatype + " is not kept");

  scalar_rule rule{"", channel, "", 1};
  auto const meter = mbmd_quantity(name);
  auto const w = meaning_of(name, false);
  if (w && (p.unit.empty() || convert(1, unit, w->unit))) rule.metric = w->metric, rule.unit = w->unit;
  else if (meter && !meter->metric.empty() && (p.unit.empty() || unit == meter->unit || convert(1, unit, meter->unit))) {
    rule = *meter;
    if (!channel.empty()) rule.channel = rule.channel.empty() ? channel : channel + "/" + rule.channel;
  } else if (auto const u = meaning_of_unit(unit)) {
    rule.metric = u->metric, rule.unit = u->unit;
    rule.channel = (channel.empty() ? "" : channel + "/") + std::string(name);
  } else if (decimal(payload) && (p.datatype == "float" || p.datatype == "integer")) {
    rule.metric = "raw_value", rule.unit = "1";
    rule.channel = (channel.empty() ? "" : channel + "/") + std::string(name);
  } else {
    return decoded::ignored("a property whose quantity is not known");
  }
  auto d = scalar_message(std::move(device), rule, payload, in.topic);
  if (d.outcome == decode_outcome::accept && !p.unit.empty() && unit != rule.unit && rule.metric != "raw_value")
    for (auto& reading : d.elements.front().readings)
      if (auto const v = convert(std::get<double>(reading.v), unit, rule.unit)) reading.v = *v;
  return d;
}

}  // namespace

decoded decode_homie(decode_input const& in) {
  static decoder_settings const defaults;
  std::string const base((in.settings ? *in.settings : defaults).word("base", "homie"));
  if (!in.topic.starts_with(base + "/")) return decoded::rejected("not a topic below " + base);
  auto levels = topic_levels(in.topic.substr(base.size() + 1));
  if (levels.size() > 1 && levels[0] == "5") levels.erase(levels.begin());
  if (levels.size() < 2 || levels[0].empty()) return decoded::rejected("not a topic of the Homie convention");
  if (levels[0].starts_with('$')) return decoded::ignored("a broadcast to all devices", message_kind::event);
  auto const payload = trimmed(in.payload);
  std::string device(levels[0]);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (levels[1].starts_with('$')) return device_attribute(std::move(device), in.topic.substr(static_cast<std::size_t>(levels[1].data() - in.topic.data())), payload, in);
  if (levels.size() == 2) return decoded::rejected("a node has no value of its own");

  auto const node = levels[1], name = levels[2];
  auto const at = device + "/" + std::string(node) + "/" + std::string(name);
  if (name.starts_with('$')) return decoded::of(message_kind::status, std::move(device));
  if (levels.size() == 4 && levels[3] == "set") {
    auto const word = switch_action(payload);
    bool const is_switch = word && !decimal(payload);
    return command_message(std::move(device), is_switch ? *word : "set_" + lower(name), std::string(in.topic.substr(0, in.topic.size() - 4)));
  }
  if (levels.size() == 4 && levels[3].starts_with('$')) {
    auto const mark = levels[3] == "$unit" ? "u:" : levels[3] == "$datatype" ? "t:" : "";
    if (*mark && in.memory && !in.memory->put(mark + at, cut(payload, 64))) return decoded::rejected("too many properties are remembered");
    return decoded::of(message_kind::status, std::move(device));
  }
  if (levels.size() != 3) return decoded::rejected("not a topic of the Homie convention");
  return value(std::move(device), node, name, payload, in);
}

}  // namespace ioc::perceive
