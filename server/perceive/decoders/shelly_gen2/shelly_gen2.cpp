#include "perceive/decoders/shelly_gen2/shelly_gen2.hpp"

#include "perceive/decoders/shelly_gen2/components.hpp"
#include "perceive/json_read.hpp"
#include "perceive/decode_help.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

message_kind kind_of(decoded_element const& e, bool measures) {
  for (auto const& r : e.readings)
    if (r.metric == "smoke_detected" || r.metric == "water_leak_detected" || r.metric == "occupancy") return message_kind::event;
  if (measures) return message_kind::telemetry;
  for (auto const& r : e.readings)
    if (std::holds_alternative<double>(r.v) && r.metric != "uptime" && r.metric != "rssi") return message_kind::telemetry;
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
    bool measures = false;
    for (auto const& [name, c] : params->get_object()) {
      read_shelly_component(name, c, e);
      measures = measures || shelly_component_measures(name);
    }
    if (e.readings.empty()) return decoded::ignored("a status without a value that is kept", message_kind::status);
    d.kind = kind_of(e, measures);
    return d;
  }
  if (*method != "NotifyEvent") return decoded::ignored("method " + cut(*method, 64) + " is not kept");
  d.kind = message_kind::event;
  if (auto const* list = member(params, "events"); list && list->is_array())
    for (auto const& v : list->get_array())
      if (auto const name = text(member(&v, "event")); name && !name->empty() && name->size() <= 128) e.events.push_back({std::string(*name), json::serialize(v)});
  if (e.events.empty()) return decoded::ignored("a notification without events", d.kind);
  return d;
}

// A method in our words where we have some, else the vendor's own.
std::string action_of(std::string_view method, json::value const* params) {
  if (method == "Switch.Set" || method == "Light.Set" || method == "RGB.Set" || method == "RGBW.Set" || method == "CCT.Set") {
    auto const on = truth(member(params, "on"));
    std::string const noun = method == "Switch.Set" ? "switch" : "light";
    return !on ? noun + "_set" : noun + (*on ? "_on" : "_off");
  }
  if (method == "Switch.Toggle") return "switch_toggle";
  if (method == "Light.Toggle") return "light_toggle";
  if (method == "Cover.Open") return "cover_open";
  if (method == "Cover.Close") return "cover_close";
  if (method == "Cover.Stop") return "cover_stop";
  if (method == "Cover.GoToPosition") return "cover_position";
  if (method == "Shelly.Reboot") return "restart";
  return cut(method, 64);
}

decoded rpc(json::value const& root, std::string topic_name) {
  auto const id_of = [&] {
    auto const* id = member(&root, "id");
    return !id || id->is_null() ? std::string() : id->is_string() ? std::string(id->get_string()) : json::serialize(*id);
  };
  if (auto const method = text(member(&root, "method"))) {
    auto const src = text(member(&root, "src"));
    return command_message(std::move(topic_name), action_of(*method, member(&root, "params")), src && !src->empty() ? std::string(*src) + "/rpc" : "", id_of());
  }
  // An answer stands on the asker's topic: the device is `src`.
  auto const src = text(member(&root, "src"));
  if (!src || src->empty()) return decoded::rejected("an RPC answer needs src");
  auto const* error = member(&root, "error");
  if (!error && !member(&root, "result")) return decoded::rejected("an RPC message has a method, a result or an error");
  auto d = decoded::of(message_kind::command, std::string(*src));
  auto& e = d.elements.front();
  d.command = decoded_command{false, error ? "nack" : "ack", id_of(), ""};
  add_text(e, "command_status", "", error ? "failed" : "ok");
  if (auto const why = text(member(error, "message"))) add_text(e, "command_result", "", *why);
  // The answer to …GetStatus is the component's whole status, but it does not say which one.
  return d;
}

// {prefix}/command[/switch:0]: a word, maybe with arguments ("on,60", "pos,50"); the answer is the component's status.
decoded plain_command(std::string prefix, std::string_view component, std::string_view payload) {
  auto const word = payload.substr(0, payload.find(','));
  auto const type = component.substr(0, component.find(':'));
  bool const cover = type == "cover";
  auto const noun = type == "light" || type.starts_with("rgb") || type == "cct" ? "light" : "switch";
  auto const as_switch = switch_action(word, noun);
  std::string action = cover ? "cover_" + lower(word == "pos" ? "position" : cut(word, 32)) : as_switch ? *as_switch : lower(cut(word, 64));
  if (word == "status_update" || word == "announce") action = word;
  auto ack = component.empty() ? (word == "announce" ? prefix + "/announce" : std::string()) : prefix + "/status/" + std::string(component);
  return command_message(std::move(prefix), std::move(action), std::move(ack));
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
  if (ending == "command") return plain_command(std::string(before), "", payload);
  if (parent == "command" && !prefix.empty()) return plain_command(prefix, ending, payload);
  if (ending == "log" && parent == "debug") return decoded::ignored("the device's own log");

  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("Shelly sends objects here");
  if (ending == "rpc" && parent == "events" && !prefix.empty()) return notification(doc.root, prefix, in);
  if (ending == "rpc") {
    auto d = rpc(doc.root, std::string(before));
    for (auto& e : d.elements) e.content = hash_of(payload);
    return d;
  }
  if (ending == "announce") {
    auto d = decoded::of(message_kind::status, std::string(before));
    d.elements.front().content = hash_of(payload);
    if (auto const version = text(member(&doc.root, "ver"))) add_text(d.elements.front(), "firmware_version", "", *version);
    d.discovered.push_back({std::string(before), std::string(text(member(&doc.root, "name")).value_or("")), "Shelly", std::string(text(member(&doc.root, "model")).value_or("")), "", {}});
    return d;
  }
  if (parent == "status" && !prefix.empty()) {
    auto d = decoded::of(message_kind::telemetry, prefix);
    auto& e = d.elements.front();
    e.content = hash_of(payload, hash_of(ending));
    read_shelly_component(ending, doc.root, e);
    if (e.readings.empty()) return decoded::ignored("a component without a value that is kept", message_kind::status);
    d.kind = kind_of(e, shelly_component_measures(ending));
    return d;
  }
  return decoded::rejected("not a Shelly topic");
}

}  // namespace ioc::perceive
