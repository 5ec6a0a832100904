#include "perceive/decoders/axis/axis.hpp"

#include "perceive/decode_help.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// A part of an event's path, the data item with its state, what it becomes.
struct state_topic {
  std::string_view path, item, metric, channel;
  message_kind kind = message_kind::event;
};
// The first that fits counts: the narrower ones stand first.
constexpr std::array topics{
    state_topic{"Device/Sensor/PIR", "state", "motion_detected", ""},
    state_topic{"Device/IO/Port", "state", "digital_input", ""},
    state_topic{"Device/IO/SupervisedPort", "state", "digital_input", ""},
    state_topic{"Device/IO/VirtualPort", "state", "digital_input", "virtual"},
    state_topic{"Device/IO/VirtualInput", "active", "digital_input", "virtual"},
    state_topic{"Device/Trigger/Relay", "LogicalState", "switch_state", ""},
    state_topic{"Device/Trigger/DigitalInput", "LogicalState", "digital_input", ""},
    state_topic{"Device/Light/Status", "state", "switch_state", "light", message_kind::status},
    state_topic{"Device/Casing/Open", "Open", "tamper", "casing"},
    state_topic{"Device/Tampering", "tampering", "tamper", ""},
    state_topic{"VideoSource/Tampering", "tampering", "tamper", ""},
    state_topic{"VideoSource/GlobalSceneChange", "State", "tamper", ""},
    state_topic{"VideoSource/DayNightVision", "day", "day_mode", "", message_kind::status},
    state_topic{"VideoSource/MotionAlarm", "State", "motion_detected", ""},
    state_topic{"VideoSource/ImageTooDark", "State", "alarm", "ImageTooDark"},
    state_topic{"VideoSource/ImageTooBlurry", "State", "alarm", "ImageTooBlurry"},
    state_topic{"VideoSource/SignalLoss", "State", "alarm", "SignalLoss"},
    state_topic{"VideoAnalytics/MotionDetection", "motion", "motion_detected", ""},
    state_topic{"RuleEngine/CellMotionDetector/Motion", "IsMotion", "motion_detected", ""},
    state_topic{"RuleEngine/MotionRegionDetector/Motion", "State", "motion_detected", ""},
    state_topic{"RuleEngine/FieldDetector/ObjectsInside", "IsInside", "occupancy", ""},
    state_topic{"RuleEngine/VMD3", "active", "motion_detected", ""},
    state_topic{"CameraApplicationPlatform/VMD", "active", "motion_detected", ""},
    state_topic{"CameraApplicationPlatform/FenceGuard", "active", "line_crossing", ""},
    state_topic{"CameraApplicationPlatform/LoiteringGuard", "active", "occupancy", ""},
    state_topic{"CameraApplicationPlatform/MotionGuard", "active", "motion_detected", ""},
    state_topic{"CameraApplicationPlatform/ObjectAnalytics", "active", "motion_detected", ""},
    state_topic{"AudioSource/TriggerLevel", "triggered", "alarm", "audio"},
    state_topic{"AudioAnalytics/", "IsSoundDetected", "alarm", "audio"},
    state_topic{"Device/HardwareFailure/StorageFailure", "disruption", "storage_failure", ""},
    state_topic{"Storage/Disruption", "disruption", "storage_failure", "", message_kind::status},
    state_topic{"Storage/Alert", "alert", "storage_failure", "", message_kind::status},
    state_topic{"Device/HardwareFailure/FanFailure", "fan_failure", "device_fault", "fan", message_kind::status},
    state_topic{"Device/HardwareFailure/PowerSupplyFailure", "power_supply_failure", "device_fault", "power_supply", message_kind::status},
    state_topic{"Device/HardwareFailure/", "Failed", "device_fault", "", message_kind::status},
    state_topic{"Device/Status/Temperature/", "sensor_level", "alarm", "temperature", message_kind::status},
    state_topic{"Device/RingPowerLimitExceeded", "limit_exceeded", "device_fault", "power", message_kind::status},
    state_topic{"Device/Network/Lost", "lost", "device_fault", "network", message_kind::status},
};

struct air_item {
  std::string_view item, metric, unit;
};
constexpr std::array air{
    air_item{"Temperature", "temperature", "Cel"},      air_item{"Humidity", "relative_humidity", "%"}, air_item{"CO2", "co2_concentration", "[ppm]"},
    air_item{"PM1.0", "pm1", "ug/m3"},                  air_item{"PM2.5", "pm2_5", "ug/m3"},            air_item{"PM4.0", "pm4", "ug/m3"},
    air_item{"PM10.0", "pm10", "ug/m3"},                air_item{"VOC", "voc_index", "1"},              air_item{"NOx", "nox_index", "1"},
    air_item{"AQI", "air_quality_index", "1"},
};

// Levels without name spaces: "tns:onvif/Device/tns:axis/Sensor/PIR" and "onvif:Device/axis:Sensor/PIR" are both Device/Sensor/PIR.
// Ends before "$source".
std::string event_path(std::string_view topic) {
  std::string out;
  for (auto level : topic_levels(topic)) {
    if (level == "$source" || level.starts_with("$source/") || level == "$key") break;
    if (level == "tns:onvif" || level == "tns:axis" || level.empty()) continue;
    if (auto const colon = level.rfind(':'); colon != std::string_view::npos) level = level.substr(colon + 1);
    if (!out.empty()) out += '/';
    out += level;
  }
  return out;
}

bool in_path(std::string_view path, std::string_view part) {
  auto const at = path.find(part);
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return false;
  auto const end = at + part.size();
  return part.ends_with('/') || end == path.size() || path[end] == '/';
}

// The source's value, e.g. the port's number; where there is none, the event's own last level names the scenario.
std::string channel_of(json::value const* message, std::string_view path) {
  for (auto const* part : {member(message, "source"), member(message, "key")})
    if (part && part->is_object())
      for (auto const& [name, v] : part->get_object()) {
        auto const word = v.is_string() ? std::string(v.get_string()) : number(&v) ? json::serialize(v) : std::string();
        if (auto c = channel_part(word); !c.empty()) return c;
      }
  if (in_path(path, "CameraApplicationPlatform") || in_path(path, "RuleEngine")) return channel_part(path.substr(path.rfind('/') + 1));
  return {};
}

// totalHuman, totalCar …: lines crossed since startTime. total with human, car …: who is there now.
bool read_counts(json::value const* data, std::string const& channel, decoded_element& e) {
  auto const total = number(member(data, "total"));
  if (!total || *total < 0) return false;
  bool crossing = false;
  for (auto const& [name, v] : data->get_object()) crossing = crossing || (name.size() > 5 && std::string_view(name).starts_with("total"));
  char const* metric = crossing ? "crossing_count" : "object_count";
  e.readings.push_back({metric, channel, "1", *total});
  for (auto const& [name, v] : data->get_object()) {
    auto const n = number(&v);
    std::string_view key = name;
    if (!n || *n < 0 || key == "total" || e.readings.size() > 64) continue;
    if (crossing && !key.starts_with("total")) continue;
    if (crossing) key.remove_prefix(5);
    if (auto const c = channel_part(lower(key)); !c.empty()) e.readings.push_back({metric, channel.empty() ? c : channel + "/" + c, "1", *n});
  }
  return true;
}

void read_air(json::value const* data, decoded_element& e) {
  for (auto const& a : air)
    if (auto const n = number(member(data, a.item))) e.readings.push_back({std::string(a.metric), "", std::string(a.unit), *n});
  if (auto const b = truth(member(data, "Vaping"))) e.readings.push_back({"alarm", "vaping", "", *b});
}

void read_event(std::string_view path, json::value const* data, std::string const& channel, decoded& d) {
  auto& e = d.elements.front();
  if (in_path(path, "AirQualityMonitor")) {
    d.kind = message_kind::telemetry;
    return read_air(data, e);
  }
  if (in_path(path, "CameraApplicationPlatform") && read_counts(data, channel, e)) {
    d.kind = message_kind::telemetry;
    return;
  }
  if (in_path(path, "MediaClip/Playing") || in_path(path, "Media/AudioClip")) {
    if (auto const b = truth(any_member(data, {"playing", "Playing"}))) e.readings.push_back({"playback_state", channel, "", std::string(*b ? "playing" : "stopped")});
    if (auto const clip = kept_text(any_member(data, {"clipname", "ClipName", "name"}))) e.readings.push_back({"media_title", channel, "", *clip});
    return;
  }
  if (in_path(path, "Device/Status/SystemReady")) {
    d.kind = message_kind::status;
    if (auto const b = truth(member(data, "ready"))) e.readings.push_back({"device_state", "", "", std::string(*b ? "ready" : "not_ready")});
    return;
  }
  for (auto const& t : topics) {
    if (!in_path(path, t.path)) continue;
    d.kind = t.kind;
    // Firmware versions disagree about the item's name; the table's goes first.
    if (auto const b = truth(any_member(data, {t.item, "state", "State", "active", "LogicalState"}))) {
      auto where = std::string(t.channel);
      if (!channel.empty()) where = where.empty() ? channel : where + "/" + channel;
      e.readings.push_back({std::string(t.metric), where, "", *b});
      // The guards see motion of a certain kind.
      if (t.path.find("Guard") != std::string_view::npos && t.metric != "motion_detected") e.readings.push_back({"motion_detected", where, "", *b});
      if (*b)
        if (auto const what = kept_text(member(data, "classTypes"))) e.readings.push_back({"object_detected", where, "", *what});
    }
    if (t.path == "Device/IO/SupervisedPort")
      if (auto const b = truth(member(data, "tampered"))) e.readings.push_back({"tamper", channel, "", *b});
    return;
  }
}

bool is_state_word(std::string_view level) {
  for (std::string_view w : {"connection", "status", "availability", "connected", "connect", "disconnected", "disconnect", "lwt", "online", "offline"})
    if (equal_fold(level, w)) return true;
  return false;
}

// Connect, disconnect and will: topic and text are the installer's. The topic's words decide, then the text's; "disconnected" holds "connected".
std::optional<bool> connection(std::string_view topic, std::string_view payload) {
  auto const says = [](std::string const& s) -> std::optional<bool> {
    for (std::string_view w : {"disconnect", "lwt", "offline", "will", "lost"})
      if (s.find(w) != std::string::npos) return false;
    for (std::string_view w : {"connect", "online", "alive"})
      if (s.find(w) != std::string::npos) return true;
    return std::nullopt;
  };
  auto const parts = topic_levels(topic);
  auto const text_says = payload.size() <= max_text ? says(lower(payload)) : std::nullopt;
  for (auto const p : parts) {
    if (equal_fold(p, "connection") || equal_fold(p, "status") || equal_fold(p, "availability")) return text_says ? text_says : truth(payload);
    if (is_state_word(p)) {
      // One topic may carry all three texts: a text that says "disconnected" wins over a topic called "connected".
      auto const topic_says = says(lower(p));
      return text_says == false ? text_says : topic_says;
    }
  }
  return std::nullopt;
}

// What stands before "/event/": the serial number is its last level, a prefix that somebody chose stands for itself.
std::string device_of(std::string_view before) {
  if (before.starts_with('/')) before.remove_prefix(1);
  auto const last = before.substr(before.rfind('/') == std::string_view::npos ? 0 : before.rfind('/') + 1);
  bool const serial = last.size() == 12 && last.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (serial) return std::string(last);
  if (before.starts_with("axis/")) before.remove_prefix(5);
  return std::string(before);
}

}  // namespace

decoded decode_axis(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  auto const marker = in.topic.find("/event/");
  bool const is_event = marker != std::string_view::npos;
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  auto const last = in.topic.substr(in.topic.rfind('/') == std::string_view::npos ? 0 : in.topic.rfind('/') + 1);
  std::string device = is_event ? device_of(in.topic.substr(0, marker)) : std::string(last);
  if (!is_event && is_state_word(last) && last.size() < in.topic.size()) device = device_of(in.topic.substr(0, in.topic.size() - last.size() - 1));

  if (!payload.starts_with('{')) {
    if (auto const up = connection(is_event ? in.topic.substr(marker + 7) : in.topic, payload)) return online_message(std::move(device), *up, payload);
    if (is_event) return decoded::rejected("an Axis event is a JSON object");
    return decoded::rejected("neither an Axis event nor a connection text");
  }
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const& root = doc.root;
  if (auto const s = kept_text(member(&root, "serial"))) device = *s;
  // The default connect message and will: {"connected": true, "description": …} on …/event/connection.
  if (auto const up = truth(member(&root, "connected"))) return online_message(std::move(device), *up, payload);

  auto const* message = member(&root, "message");
  auto const* data = member(message, "data");
  auto const own = text(member(&root, "topic"));
  auto const path = event_path(own && !own->empty() ? *own : is_event ? in.topic.substr(marker + 7) : std::string_view{});
  if (!message || !message->is_object() || path.empty()) return decoded::rejected("an Axis event needs topic and message");
  if (!is_event && !member(&root, "serial")) device = device_of(in.topic);
  auto d = blank(message_kind::event, std::move(device), in);
  auto& e = d.elements.front();
  set_time(e, member(&root, "timestamp"), in.settings);
  if (data && data->is_object()) read_event(path, data, channel_of(message, path), d);
  if (e.readings.empty()) return decoded::ignored("an Axis event that is not kept: " + cut(path, 128), d.kind);
  return d;
}

}  // namespace ioc::perceive
