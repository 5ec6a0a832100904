#include "perceive/decoders/neolink/neolink.hpp"

#include "perceive/decode_help.hpp"
#include "perceive/xml_read.hpp"

namespace ioc::perceive {
namespace {

decoded bridge_topic(std::string_view rest, std::string const& base, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (rest == "status") {
    bool const up = equal_fold(payload, "connected"), down = equal_fold(payload, "offline") || equal_fold(payload, "disconnected");
    if (!up && !down) return decoded::rejected("neolink's status is connected or offline");
    auto d = single(message_kind::status, base, {"online", "", "", up}, in);
    d.elements.front().online = up;
    return d;
  }
  if (rest == "config") return decoded::ignored("neolink's configuration holds passwords and is not kept", message_kind::command);
  if (rest == "config/status") {
    bool const ok = payload.starts_with("Ok");
    auto d = single(message_kind::command, base, {"command_status", "", "", std::string(ok ? "ok" : "failed")}, in);
    if (auto const why = kept_text(payload); why && !ok) d.elements.front().readings.push_back({"command_result", "", "", *why});
    d.command = decoded_command{false, ok ? "ack" : "nack", "", ""};
    return d;
  }
  return decoded::ignored("a neolink topic that is not kept");
}

// <BatteryInfo>: percent, mV, mA, °C; <rfAlarmCfg>: whether the passive infrared sensor is on. Reolink wraps either in <body>.
decoded answer(std::string_view what, std::string camera, decode_input const& in) {
  xml_text const doc(in.payload);
  if (!doc.ok()) {
    auto d = decoded::rejected(doc.problem);
    d.security = doc.hostile;
    return d;
  }
  auto const part = [&](std::string_view name) { return doc.root.name == name ? &doc.root : doc.root.find(name); };
  auto d = blank(message_kind::telemetry, std::move(camera), in);
  auto& e = d.elements.front();
  if (what == "pir") {
    auto const* cfg = part("rfAlarmCfg");
    auto const on = cfg ? truth(cfg->child_text("enable")) : std::nullopt;
    if (!on) return decoded::rejected("a pir answer needs rfAlarmCfg with enable");
    d.kind = message_kind::status;
    e.readings.push_back({"device_state", "", "", std::string(*on ? "pir_on" : "pir_off")});
    return d;
  }
  auto const* info = part("BatteryInfo");
  if (!info) return decoded::rejected("a battery answer needs BatteryInfo");
  auto const value = [&](std::string_view name) { return decimal(info->child_text(name)); };
  if (auto const v = value("batteryPercent"); v && *v >= 0 && *v <= 100) e.readings.push_back({"battery_level", "", "%", *v});
  if (auto const v = value("voltage"); v && *v > 0) e.readings.push_back({"battery_voltage", "", "V", *v / 1000});
  if (auto const v = value("temperature")) e.readings.push_back({"device_temperature", "", "Cel", *v});
  if (auto const b = truth(info->child_text("lowPower"))) e.readings.push_back({"battery_low", "", "", *b});
  if (auto const a = info->child_text("adapterStatus"); !is_missing(a)) e.readings.push_back({"external_power", "", "", true});
  else if (equal_fold(a, "none")) e.readings.push_back({"external_power", "", "", false});
  if (e.readings.empty()) return decoded::ignored("a battery answer without a value");
  return d;
}

decoded status(std::string_view what, std::string camera, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (what == "preview") return decoded::ignored("an image", message_kind::event);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (what.empty()) {
    bool const up = equal_fold(payload, "connected"), down = equal_fold(payload, "disconnected") || equal_fold(payload, "offline");
    if (!up && !down) return decoded::rejected("a camera's status is connected or disconnected");
    auto d = single(message_kind::status, std::move(camera), {"online", "", "", up}, in);
    d.elements.front().online = up;
    return d;
  }
  if (what == "motion") {
    if (is_missing(payload)) return decoded::ignored("motion is not known yet", message_kind::event);
    auto const b = truth(payload);
    if (!b) return decoded::rejected("motion is on or off");
    return single(message_kind::event, std::move(camera), {"motion_detected", "", "", *b}, in);
  }
  if (what == "battery_level") {
    auto const n = decimal(payload);
    if (!n) return is_missing(payload) ? decoded::ignored("no battery level") : decoded::rejected("a battery level is a number of percent");
    if (*n < 0 || *n > 100) return decoded::rejected("a battery level lies between 0 and 100");
    return single(message_kind::telemetry, std::move(camera), {"battery_level", "", "%", *n}, in);
  }
  if (what == "battery" || what == "pir") return answer(what, std::move(camera), in);
  if (what == "floodlight" || what == "floodlight_tasks") {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("a floodlight is on or off");
    if (what == "floodlight") return single(message_kind::status, std::move(camera), {"switch_state", "floodlight", "", *b}, in);
    return single(message_kind::status, std::move(camera), {"device_state", "", "", std::string(*b ? "floodlight_tasks_on" : "floodlight_tasks_off")}, in);
  }
  return decoded::ignored("a neolink status that is not kept: " + cut(what, 64), message_kind::status);
}

// neolink answers no command; a query is answered on the status topic of the same name.
decoded control(std::string_view what, std::string camera, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (what.empty()) return decoded::rejected("a control topic needs what is controlled");
  std::string action = lower(cut(what, 64));
  for (char& c : action)
    if (c == '/') c = '_';
  if (action == "siren" && !equal_fold(payload, "on")) return decoded::ignored("neolink's siren knows \"on\" only", message_kind::command);
  auto const word = payload.substr(0, payload.find(' '));
  bool const named = action == "led" || action == "ir" || action == "pir" || action == "floodlight" || action == "floodlight_tasks" || action == "siren" || action == "ptz";
  if (named && !word.empty() && word.size() <= 16) action += "_" + lower(word);
  return command_message(std::move(camera), action, "");
}

}  // namespace

decoded decode_neolink(decode_input const& in) {
  static decoder_settings const defaults;
  std::string const base((in.settings ? *in.settings : defaults).word("base", "neolink"));
  if (!in.topic.starts_with(base + "/")) return decoded::rejected("not a topic below " + base);
  auto const rest = in.topic.substr(base.size() + 1);
  if (rest == "status" || rest == "config" || rest == "config/status") return bridge_topic(rest, base, in);
  // A camera's name is free text and may hold '/': the last of the three words that stands as a level divides it from what follows.
  auto const parts = topic_levels(rest);
  std::size_t at = rest.size();
  for (std::size_t i = parts.size(); i-- > 1;) {
    at -= parts[i].size();
    if (parts[i] == "status" || parts[i] == "control" || parts[i] == "query") {
      std::string camera(rest.substr(0, at - 1));
      auto const what = at + parts[i].size() < rest.size() ? rest.substr(at + parts[i].size() + 1) : std::string_view{};
      if (camera.empty()) return decoded::rejected("a neolink topic without a camera");
      if (parts[i] == "status") return status(what, std::move(camera), in);
      if (parts[i] == "control") return control(what, std::move(camera), in);
      if (what.empty()) return decoded::rejected("a query topic needs what is asked");
      auto ack = base + "/" + camera + "/status/" + std::string(what);
      std::string action = "query_" + lower(cut(what, 64));
      for (char& c : action)
        if (c == '/') c = '_';
      return command_message(std::move(camera), action, std::move(ack));
    }
    --at;
  }
  return decoded::ignored("a neolink topic that is not kept");
}

}  // namespace ioc::perceive
