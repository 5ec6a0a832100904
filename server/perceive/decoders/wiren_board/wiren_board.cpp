#include "perceive/decoders/wiren_board/wiren_board.hpp"

#include "perceive/decoders/wiren_board/control.hpp"
#include "perceive/decode_help.hpp"
#include "perceive/ucum.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// What is kept of a control: "type", "units", "readonly" and "error" under "{mark}:{device}/{control}".
std::string kept(decode_input const& in, char mark, std::string const& at) {
  auto const* s = in.memory ? in.memory->find(std::string(1, mark) + ":" + at) : nullptr;
  return s ? *s : std::string();
}
bool keep(decode_input const& in, char mark, std::string const& at, std::string_view what) {
  if (!in.memory) return true;
  auto key = std::string(1, mark) + ":" + at;
  if (what.empty()) return in.memory->erase(key), true;
  return in.memory->put(std::move(key), cut(what, 64));
}
decoded full() { return decoded::rejected("too many controls are remembered"); }

decoded device_error(std::string device, std::string_view flags) {
  // r = it cannot be read; w = the last write failed; p = it answers too slowly. An empty text is "no error", not a deletion.
  bool const gone = flags.find('r') != std::string_view::npos;
  auto d = online_message(std::move(device), !gone, flags);
  add_flag(d.elements.front(), "device_fault", "", !flags.empty());
  return d;
}

decoded control_error(std::string device, std::string const& control, std::string_view flags, decode_input const& in) {
  if (!keep(in, 'e', device + "/" + control, flags)) return full();
  auto d = decoded::of(message_kind::status, std::move(device));
  d.elements.front().content = hash_of(flags, hash_of(in.topic));
  add_flag(d.elements.front(), "device_fault", control, flags.find_first_of("rw") != std::string_view::npos);
  return d;
}

decoded meta_object(std::string device, std::string const& control, std::string_view payload, decode_input const& in) {
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("meta is an object");
  auto d = decoded::of(message_kind::status, device);
  if (control.empty()) {
    discovered_device found;
    found.native = device;
    auto const* title = member(&doc.root, "title");
    if (auto const name = text(title ? member(title, "en") : nullptr)) found.name = std::string(*name);
    if (auto const driver = text(member(&doc.root, "driver"))) found.model = std::string(*driver);
    found.vendor = "Wiren Board";
    d.discovered.push_back(std::move(found));
    if (auto const* error = member(&doc.root, "error"); error && error->is_string()) return device_error(std::move(device), *text(error));
    return d;
  }
  auto const at = device + "/" + control;
  for (auto const& [key, mark] : {std::pair<std::string_view, char>{"type", 't'}, {"units", 'u'}, {"error", 'e'}})
    if (auto const v = text(member(&doc.root, key)); v && !keep(in, mark, at, *v)) return full();
  if (auto const b = truth(member(&doc.root, "readonly")); b && !keep(in, 'r', at, *b ? "1" : "")) return full();
  return d;
}

decoded value(std::string device, std::string const& control, std::string_view payload, decode_input const& in) {
  auto const at = device + "/" + control;
  auto const type = kept(in, 't', at), error = kept(in, 'e', at);
  auto const c = wb_control_of(control, type, kept(in, 'u', at), kept(in, 'r', at) == "1");
  if (c.text) return decoded::ignored("a control of type " + type + " is not kept");
  if (is_missing(payload)) return decoded::ignored("no value");
  // "r": the text is the last one that could be read; "p": it is older than it should be.
  auto const q = error.find('r') != std::string::npos ? core::quality::bad : error.find('p') != std::string::npos ? core::quality::suspect : core::quality::good;
  if (c.boolean) {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("a control of type " + (type.empty() ? "switch" : type) + " is 0 or 1");
    bool const happens = c.metric == "alarm" || c.metric == "water_leak_detected" || type == "pushbutton";
    auto d = decoded::of(happens ? message_kind::event : message_kind::status, std::move(device));
    d.elements.front().content = hash_of(payload, hash_of(in.topic));
    add_flag(d.elements.front(), c.metric, c.channel, *b, q);
    return d;
  }
  if (c.metric.empty()) {
    if (type.empty() && !decimal(payload)) return decoded::ignored("a text of a control whose type is not known");
    auto d = scalar_message(std::move(device), {"raw_value", c.channel, "1", 1}, payload, in.topic);
    for (auto& e : d.elements) e.readings.front().q = q;
    return d;
  }
  auto d = scalar_message(std::move(device), {c.metric, c.channel, c.unit, 1}, payload, in.topic);
  for (auto& e : d.elements)
    for (auto& r : e.readings) {
      if (auto const v = convert(std::get<double>(r.v), c.sent_in, c.unit); v && decimal(payload)) r.v = *v;
      r.q = q;
      if (c.metric == "temperature" && std::get<double>(r.v) <= -127) r.q = core::quality::bad;  // a DS18B20 that does not answer
    }
  return d;
}

decoded command(std::string device, std::string const& control, std::string_view payload, decode_input const& in) {
  auto const type = kept(in, 't', device + "/" + control);
  std::string action = "set_value";
  if (type == "pushbutton") action = "press";
  else if (type == "switch" || type == "wo-switch" || type == "alarm" || type.empty()) {
    if (payload == "2") action = "set_value";
    else if (auto const word = switch_action(payload)) action = *word;
  }
  return command_message(std::move(device), std::move(action), std::string(in.topic.substr(0, in.topic.size() - 3)));
}

}  // namespace

decoded decode_wiren_board(decode_input const& in) {
  auto levels = topic_levels(in.topic);
  if (!levels.empty() && levels[0].empty()) levels.erase(levels.begin());  // the convention starts with '/'
  if (levels.size() < 3 || levels[0] != "devices" || levels[1].empty()) return decoded::rejected("not a topic of Wiren Board");
  std::string device(levels[1]);
  auto const payload = trimmed(in.payload);
  auto const n = levels.size();

  if (levels[2] == "meta") {
    if (n == 4 && levels[3] == "error") return device_error(std::move(device), payload);
    if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
    if (n == 3) return meta_object(std::move(device), "", payload, in);
    auto d = decoded::of(message_kind::status, device);
    if (n == 4 && levels[3] == "name" && valid_utf8(payload)) d.discovered.push_back({device, cut(payload, max_text), "Wiren Board", "", "", {}});
    return d;
  }
  if (levels[2] != "controls" || n < 4 || levels[3].empty()) return decoded::rejected("not a topic of Wiren Board");

  // A control's name may hold '/': known endings decide.
  auto const has_meta = [&](std::size_t i) { return i >= 4 && i < n && levels[i] == "meta"; };
  if (has_meta(n - 1)) {
    auto const control = joined(levels, 3, n - 1);
    if (payload.empty()) {
      for (char const mark : {'t', 'u', 'r'}) keep(in, mark, device + "/" + control, "");
      return decoded::ignored("meta of the control deleted", message_kind::status);
    }
    return meta_object(std::move(device), control, payload, in);
  }
  if (has_meta(n - 2)) {
    auto const control = joined(levels, 3, n - 2);
    auto const what = levels[n - 1];
    if (what == "error") return control_error(std::move(device), control, payload, in);
    char const mark = what == "type" ? 't' : what == "units" ? 'u' : what == "readonly" ? 'r' : '\0';
    if (mark && !keep(in, mark, device + "/" + control, mark == 'r' && truth(payload) != true ? std::string_view{} : payload)) return full();
    if (payload.empty()) return decoded::ignored("meta of the control deleted", message_kind::status);
    return decoded::of(message_kind::status, std::move(device));
  }
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (n >= 5 && levels[n - 1] == "on") return command(std::move(device), joined(levels, 3, n - 1), payload, in);
  return value(std::move(device), joined(levels, 3, n), payload, in);
}

}  // namespace ioc::perceive
