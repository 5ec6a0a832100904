#include "perceive/decoders/ha_siren/ha_siren.hpp"

#include "perceive/decode_help.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// What a discovery message says of one siren. Kept as JSON in the memory under each topic that it names ("s:", "c:", "a:" + topic)
// and, to take it back, under "d:" + the discovery topic.
struct siren {
  std::string native, state_topic, command_topic;
  std::string on = "ON", off = "OFF", available = "online", unavailable = "offline";
  std::string key;  // of a template {{ value_json.key }}; empty = the payload itself

  json::object to_json() const {
    return {{"native", native}, {"state", state_topic}, {"command", command_topic}, {"on", on}, {"off", off}, {"up", available}, {"down", unavailable}, {"key", key}};
  }
  static std::optional<siren> from(std::string const* kept) {
    if (!kept) return std::nullopt;
    json_text const doc(*kept);
    if (!doc.ok()) return std::nullopt;
    auto const get = [&](char const* name) { return std::string(text(member(&doc.root, name)).value_or("")); };
    siren s;
    s.native = get("native");
    s.state_topic = get("state");
    s.command_topic = get("command");
    s.on = get("on");
    s.off = get("off");
    s.available = get("up");
    s.unavailable = get("down");
    s.key = get("key");
    return s;
  }
};

// value_json.POWER, value_json['POWER'], value_json["POWER"]; anything cleverer is refused by the caller.
std::optional<std::string> template_key(std::string_view t) {
  t = trimmed(t);
  if (!t.starts_with("{{") || !t.ends_with("}}") || t.size() < 4) return std::nullopt;
  t = trimmed(t.substr(2, t.size() - 4));
  if (t == "value" || t == "value_json") return "";
  if (!t.starts_with("value_json")) return std::nullopt;
  t.remove_prefix(10);
  if (t.starts_with('.')) t.remove_prefix(1);
  else if (t.size() > 4 && (t.starts_with("['") || t.starts_with("[\""))) t = t.substr(2, t.size() - 4);
  else return std::nullopt;
  if (t.empty() || t.size() > 64 || t.find_first_of(" .[]()|{}'\"") != std::string_view::npos) return std::nullopt;
  return std::string(t);
}

struct topics_of {
  std::string_view base;
  // "~" at either end stands for the base topic.
  std::string operator()(json::value const* v) const {
    auto t = kept_text(v).value_or("");
    if (t.starts_with('~')) t = std::string(base) + t.substr(1);
    else if (t.ends_with('~')) t = t.substr(0, t.size() - 1) + std::string(base);
    return t.size() <= 512 ? t : std::string();
  }
};

// The topics by which a siren is found again.
void forget(dialect_memory& m, std::string const& config_topic) {
  auto const* names = m.find("d:" + config_topic);
  if (!names) return;
  json_text const doc(*names);
  if (doc.ok() && doc.root.is_array())
    for (auto const& n : doc.root.get_array())
      if (auto const s = text(&n)) m.erase(*s);
  m.erase("d:" + config_topic);
}

decoded configure(decode_input const& in) {
  std::string const topic(in.topic);
  dialect_memory scratch;
  auto& memory = in.memory ? *in.memory : scratch;
  if (trimmed(in.payload).empty()) {
    forget(memory, topic);
    return decoded::ignored("the siren's discovery message was deleted", message_kind::status);
  }
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const& root = doc.root;
  if (!root.is_object()) return decoded::rejected("a discovery message is an object");
  topics_of const full{text(member(&root, "~")).value_or("")};
  auto const* device = any_member(&root, {"device", "dev"});
  auto const* ids = any_member(device, {"identifiers", "ids"});
  if (ids && ids->is_array() && !ids->get_array().empty()) ids = &ids->get_array()[0];
  auto const parts = topic_levels(in.topic);

  siren s;
  if (auto const id = kept_text(ids)) s.native = *id;
  else if (auto const unique = kept_text(any_member(&root, {"unique_id", "uniq_id"}))) s.native = *unique;
  else s.native = cut(parts[parts.size() - 2]);
  s.state_topic = full(any_member(&root, {"state_topic", "stat_t"}));
  s.command_topic = full(any_member(&root, {"command_topic", "cmd_t"}));
  if (s.state_topic.empty() && s.command_topic.empty()) return decoded::rejected("a siren's discovery message needs command_topic or state_topic");
  auto const word = [&](std::initializer_list<std::string_view> names, std::string fallback) { return kept_text(any_member(&root, names)).value_or(std::move(fallback)); };
  s.on = word({"state_on", "stat_on"}, word({"payload_on", "pl_on"}, "ON"));
  s.off = word({"state_off", "stat_off"}, word({"payload_off", "pl_off"}, "OFF"));
  if (auto const t = text(any_member(&root, {"state_value_template", "stat_val_tpl", "value_template", "val_tpl"})); t && !trimmed(*t).empty()) {
    auto const key = template_key(*t);
    if (!key) return decoded::rejected("only templates of the form {{ value_json.key }} are understood");
    s.key = *key;
  }

  forget(memory, topic);
  json::array names;
  bool room = true;
  auto const keep = [&](std::string key, siren const& what) {
    names.emplace_back(key);
    room = room && memory.put(std::move(key), json::serialize(what.to_json()));
  };
  if (!s.state_topic.empty()) keep("s:" + s.state_topic, s);
  if (!s.command_topic.empty()) keep("c:" + s.command_topic, s);
  auto const heard_at = [&](json::value const* where, json::value const& words) {
    auto a = s;
    a.available = kept_text(any_member(&words, {"payload_available", "pl_avail"})).value_or("online");
    a.unavailable = kept_text(any_member(&words, {"payload_not_available", "pl_not_avail"})).value_or("offline");
    if (auto t = full(where); !t.empty() && names.size() < 16) keep("a:" + t, a);
  };
  if (auto const* one = any_member(&root, {"availability_topic", "avty_t"})) heard_at(one, root);
  if (auto const* list = any_member(&root, {"availability", "avty"}); list && list->is_array())
    for (auto const& a : list->get_array()) heard_at(any_member(&a, {"topic", "t"}), a);
  room = room && memory.put("d:" + topic, json::serialize(names));
  if (!room) return decoded::rejected("no room left to remember another siren");

  auto d = blank(message_kind::status, s.native, in);
  if (auto const sw = kept_text(any_member(device, {"sw_version", "sw"}))) d.elements.front().readings.push_back({"firmware_version", "", "", *sw});
  discovered_device found;
  found.native = s.native;
  found.name = kept_text(any_member(device, {"name"})).value_or(kept_text(member(&root, "name")).value_or(""));
  found.vendor = kept_text(any_member(device, {"manufacturer", "mf"})).value_or("");
  found.model = kept_text(any_member(device, {"model", "mdl"})).value_or("");
  found.type = "siren";
  found.metrics = {"siren_state"};
  d.discovered.push_back(std::move(found));
  return d;
}

// on, off, unknown ("None", null) or no state at all
enum class told : std::uint8_t { on, off, unknown, nonsense };

told state_word(std::string_view w, siren const& s) {
  w = trimmed(w);
  if (w == s.on) return told::on;
  if (w == s.off) return told::off;
  if (is_missing(w)) return told::unknown;
  if (auto const b = truth(w)) return *b ? told::on : told::off;
  return told::nonsense;
}

told state_value(json::value const* v, siren const& s) {
  if (v->is_null()) return told::unknown;
  if (auto const t = text(v)) return state_word(*t, s);
  if (v->is_bool()) return v->get_bool() ? told::on : told::off;
  if (auto const n = number(v)) return state_word(json::serialize(*v), s);
  return told::nonsense;
}

decoded state(siren const& s, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  auto d = blank(message_kind::status, s.native, in);
  auto& e = d.elements.front();
  told t = told::unknown;
  if (payload.starts_with('{') || payload == "null") {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    auto const* v = member(&doc.root, s.key.empty() ? std::string_view("state") : std::string_view(s.key));
    if (v) t = state_value(v, s);
    if (auto const n = number(member(&doc.root, "volume_level")); n && *n >= 0 && *n <= 1) e.readings.push_back({"volume", "", "%", *n * 100});
  } else {
    t = state_word(payload, s);
  }
  if (t == told::nonsense) return decoded::rejected("a siren's state is " + s.on + ", " + s.off + " or None");
  if (t != told::unknown) e.readings.push_back({"siren_state", "", "", t == told::on});
  if (e.readings.empty()) return decoded::ignored("the siren's state is unknown", d.kind);
  return d;
}

decoded command(siren const& s, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  told t = told::unknown;
  if (payload.starts_with('{')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (auto const* v = member(&doc.root, "state")) t = state_value(v, s);
  } else {
    t = state_word(payload, s);
  }
  if (payload.empty()) return decoded::ignored("empty payload", message_kind::command);
  if (t == told::nonsense) return decoded::rejected("a siren is switched " + s.on + " or " + s.off);
  return command_message(s.native, t == told::on ? "siren_on" : t == told::off ? "siren_off" : "siren_set", s.state_topic);
}

decoded availability(siren const& s, decode_input const& in) {
  auto const w = trimmed(in.payload);
  bool const up = w == s.available, down = w == s.unavailable;
  auto const either = truth(w);
  if (!up && !down && !either) return decoded::rejected("availability is " + s.available + " or " + s.unavailable);
  bool const online = up || (!down && *either);
  auto d = single(message_kind::status, s.native, {"online", "", "", online}, in);
  d.elements.front().online = online;
  return d;
}

}  // namespace

decoded decode_ha_siren(decode_input const& in) {
  std::string const topic(in.topic);
  auto const parts = topic_levels(in.topic);
  if (parts.size() >= 4 && parts.back() == "config" && (parts[parts.size() - 3] == "siren" || parts[parts.size() - 4] == "siren")) return configure(in);
  auto const remembered = [&](char const* kind) { return siren::from(in.memory ? in.memory->find(kind + topic) : nullptr); };
  if (auto const s = remembered("c:")) return command(*s, in);
  bool const empty = trimmed(in.payload).empty();
  if (empty) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (auto const s = remembered("s:")) return state(*s, in);
  if (auto const s = remembered("a:")) return availability(*s, in);

  // Nobody has announced this siren: the documentation's own layout, {siren}, {siren}/set, {siren}/available.
  siren s;
  auto const last = parts.back();
  bool const sub = parts.size() > 1 && (last == "set" || last == "command" || last == "state" || last == "available" || last == "availability");
  s.native = cut(sub ? parts[parts.size() - 2] : last);
  if (s.native.empty()) return decoded::rejected("a siren's topic names no siren");
  s.state_topic = sub && last != "state" ? topic.substr(0, topic.size() - last.size() - 1) : topic;
  if (sub && (last == "set" || last == "command")) return command(s, in);
  if (sub && last != "state") return availability(s, in);
  return state(s, in);
}

}  // namespace ioc::perceive
