#include "perceive/decoders/dahua_vto/dahua_vto.hpp"

#include "perceive/decode_help.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// What an event that begins (Start) and ends (Stop), or happens (Pulse), becomes.
struct state_event {
  std::string_view code, metric, channel;
};
constexpr std::array states{
    state_event{"VideoMotion", "motion_detected", ""},
    state_event{"SmartMotionHuman", "motion_detected", "human"},
    state_event{"SmartMotionVehicle", "motion_detected", "vehicle"},
    state_event{"VideoBlind", "tamper", ""},
    state_event{"VideoUnFocus", "alarm", "VideoUnFocus"},
    state_event{"VideoAbnormalDetection", "alarm", "VideoAbnormalDetection"},
    state_event{"VideoLoss", "alarm", "VideoLoss"},
    state_event{"SceneChange", "tamper", "scene"},
    state_event{"DefenceArmAlarm", "alarm", "DefenceArmAlarm"},
    state_event{"AlarmLocal", "alarm", ""},
    state_event{"ProfileAlarmTransmit", "alarm", ""},
    state_event{"CrossLineDetection", "line_crossing", ""},
    state_event{"CrossRegionDetection", "occupancy", ""},
    state_event{"StorageNotExist", "storage_failure", ""},
    state_event{"StorageFailure", "storage_failure", ""},
    state_event{"StorageLowSpace", "alarm", "StorageLowSpace"},
    state_event{"APConnect", "device_fault", "wifi"},
    state_event{"NetAbort", "device_fault", "network"},
    state_event{"DuressFingerPrint", "alarm", "duress"},
    state_event{"Tamper", "tamper", ""},
    state_event{"BreakIn", "alarm", "break_in"},
    state_event{"DoorNotClosed", "alarm", "door_not_closed"},
};
// Somebody rings or speaks: something happens, no quantity changes.
constexpr std::array<std::string_view, 8> calls{"CallNoAnswered", "Invite", "IgnoreInvite", "CallSnap", "PassiveHungup", "RequestCallState", "HungupPhone", "CallAnswered"};

enum class action : std::uint8_t { start, stop, pulse };

std::optional<action> action_of(json::value const& root) {
  auto const a = text(member(&root, "Action"));
  if (!a) return std::nullopt;
  if (equal_fold(*a, "start")) return action::start;
  if (equal_fold(*a, "stop")) return action::stop;
  if (equal_fold(*a, "pulse")) return action::pulse;
  return std::nullopt;
}

// UTC is right; LocaleTime is the station's own clock without an offset and only a stopgap.
void set_time(json::value const* data, decoder_settings const* settings, decoded_element& e) {
  auto const* utc = member(data, "UTC");
  auto const* local = member(data, "LocaleTime");
  if (auto const n = number(utc)) e.t = epoch(*n);
  if (!e.t && text(local)) e.t = instant(local, settings);
  e.time_refused = !e.t && (number(utc) || text(local));
}

void read_door(std::string_view code, json::value const* data, std::string const& channel, decoded& d, decoded_element& e) {
  if (code == "DoorStatus") {
    auto const s = text(member(data, "Status"));
    if (!s) return;
    if (equal_fold(*s, "break")) e.readings.push_back({"alarm", channel.empty() ? "break_in" : channel + "/break_in", "", true});
    auto const open = equal_fold(*s, "break") ? std::optional(true) : truth(*s);
    if (open) e.readings.push_back({"door_open", channel, "", *open});
    return;
  }
  if (code == "FingerPrintCheck") {
    auto const id = number(member(data, "FingerPrintID"));
    if (id) e.readings.push_back({"door_lock_event", channel, "", std::string(*id > 0 ? "FingerPrintAccepted" : "FingerPrintRefused")});
    return;
  }
  // AccessControl: who opened is not kept, only what happened.
  auto what = kept_text(member(data, "Name")).value_or("AccessControl");
  if (auto const ok = number(member(data, "Status")); ok && *ok == 0) what = cut(what, 240) + "Refused";
  e.readings.push_back({"door_lock_event", channel, "", what});
  e.events.push_back({"access", ""});
  d.kind = message_kind::event;
}

}  // namespace

decoded decode_dahua_vto(decode_input const& in) {
  auto const parts = topic_levels(in.topic);
  if (parts.size() < 3) return decoded::rejected("a DahuaVTO topic is {prefix}/{event}/Event or {prefix}/Command/{name}");
  auto const last = parts.back();
  auto const code = parts[parts.size() - 2];
  std::string prefix(in.topic.substr(0, in.topic.size() - last.size() - code.size() - 2));
  if (prefix.empty()) return decoded::rejected("a DahuaVTO topic without its prefix");
  if (code == "Command") {
    auto const name = lower(cut(last, 64));
    return command_message(std::move(prefix), name == "open" ? "open_door" : name, "");
  }
  if (last != "Event") return decoded::ignored("a DahuaVTO topic that is not kept");
  if (trimmed(in.payload).empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::event);
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a DahuaVTO event is an object");

  auto const serial = kept_text(member(&doc.root, "serialNumber"));
  auto d = blank(message_kind::event, serial ? *serial : prefix, in);
  auto& e = d.elements.front();
  auto const* data = member(&doc.root, "Data");
  set_time(data, in.settings, e);
  // Index is the camera's channel and counts from 0: only a second one is told apart.
  std::string channel;
  if (auto const i = number(member(&doc.root, "Index")); i && *i >= 1 && *i < 1000) channel = std::to_string(static_cast<int>(*i));
  auto const what = action_of(doc.root);

  for (auto const& s : states) {
    if (code != s.code) continue;
    if (!what) return decoded::rejected("Action is Start, Stop or Pulse");
    std::string where(s.channel);
    if (auto const rule = kept_text(member(data, "Name")); rule && (s.metric == "line_crossing" || s.metric == "occupancy")) where = channel_part(*rule);
    if (!channel.empty()) where = where.empty() ? channel : channel + "/" + where;
    // A line is crossed once; its "Stop" is no news.
    if (s.metric == "line_crossing" && *what == action::stop) return decoded::ignored("the end of a line crossing", d.kind);
    e.readings.push_back({std::string(s.metric), where, "", *what != action::stop});
    return d;
  }
  if (code == "DoorStatus" || code == "AccessControl" || code == "FingerPrintCheck") {
    read_door(code, data, channel, d, e);
    if (e.readings.empty()) return decoded::ignored("a door event without a state", d.kind);
    return d;
  }
  if (code == "SIPRegisterResult") {
    auto const ok = truth(member(data, "Success"));
    if (!ok) return decoded::ignored("a registration without a result", d.kind);
    e.readings.push_back({"device_fault", "sip", "", !*ok});
    d.kind = message_kind::status;
    return d;
  }
  for (auto const c : calls)
    if (code == c) {
      e.events.push_back({what == action::stop ? std::string(c) + ":clear" : std::string(c), ""});
      return d;
    }
  return decoded::ignored("a DahuaVTO event that is not kept: " + cut(code, 64), d.kind);
}

}  // namespace ioc::perceive
