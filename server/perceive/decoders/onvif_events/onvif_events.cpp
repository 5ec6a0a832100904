#include "perceive/decoders/onvif_events/onvif_events.hpp"

#include "perceive/decode_help.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

enum class take : std::uint8_t { truth, number, word, happened };

// An event topic (its end is matched), the Data item that carries the value, what it becomes.
struct event_topic {
  std::string_view ending;
  std::string_view item;
  std::string_view metric;
  std::string_view unit;
  take as = take::truth;
};

constexpr std::array topics{
    event_topic{"LineDetector/Crossed", "", "line_crossing", "", take::happened},
    event_topic{"FieldDetector/ObjectsInside", "IsInside", "occupancy", ""},
    event_topic{"CellMotionDetector/Motion", "IsMotion", "motion_detected", ""},
    event_topic{"MotionRegionDetector/Motion", "State", "motion_detected", ""},
    event_topic{"VideoSource/MotionAlarm", "State", "motion_detected", ""},
    event_topic{"LoiteringDetector/ObjectIsLoitering", "State", "occupancy", ""},
    event_topic{"UserAlarm/IVA/HumanShapeDetect", "State", "motion_detected", ""},
    event_topic{"PeopleDetector/People", "IsPeople", "motion_detected", ""},
    event_topic{"MyRuleDetector/PeopleDetect", "State", "motion_detected", ""},
    event_topic{"MyRuleDetector/VehicleDetect", "State", "motion_detected", ""},
    event_topic{"TamperDetector/Tamper", "IsTamper", "tamper", ""},
    event_topic{"DetectedSound", "IsSoundDetected", "alarm", ""},
    event_topic{"Radiometry/TemperatureAlarm", "AlarmActive", "alarm", ""},
    event_topic{"Door/State/DoorPhysicalState", "State", "door_open", ""},
    event_topic{"Door/State/DoorMode", "State", "device_state", "", take::word},
    event_topic{"CountAggregation/Counter", "Count", "crossing_count", "1", take::number},
    event_topic{"CountAggregation/OccupancyCounter", "Count", "object_count", "1", take::number},
    event_topic{"ObjectDetection/Object", "ClassTypes", "object_detected", "", take::word},
    event_topic{"Device/Trigger/DigitalInput", "LogicalState", "digital_input", ""},
    event_topic{"Device/Trigger/Relay", "LogicalState", "switch_state", ""},
    event_topic{"Monitoring/EnvironmentalConditions/Temperature", "Status", "temperature", "Cel", take::number},
    event_topic{"Monitoring/EnvironmentalConditions/RelativeHumidity", "Status", "relative_humidity", "%", take::number},
    event_topic{"Monitoring/BatteryCapacity", "Status", "battery_level", "%", take::number},
    event_topic{"Device/HardwareFailure/StorageFailure", "Failed", "storage_failure", ""},
};

// States of the picture. They carry the imaging service as a last level, so they are found anywhere in the path.
// A changed scene means that someone has covered, turned or blinded the camera; the others have harmless causes too.
struct picture_state {
  std::string_view topic, metric, channel;
};
constexpr std::array pictures{
    picture_state{"VideoSource/GlobalSceneChange", "tamper", ""},
    picture_state{"VideoSource/SignalLoss", "alarm", "SignalLoss"},
    picture_state{"VideoSource/ImageTooDark", "alarm", "ImageTooDark"},
    picture_state{"VideoSource/ImageTooBlurry", "alarm", "ImageTooBlurry"},
    picture_state{"VideoSource/ImageTooBright", "alarm", "ImageTooBright"},
};

std::string_view metric_of_sensor(std::string_view quantity, std::string_view& unit) {
  if (quantity == "Temperature") return unit = "Cel", "temperature";
  if (quantity == "RelativeHumidity") return unit = "%", "relative_humidity";
  if (quantity == "AbsoluteHumidity") return unit = "g/m3", "absolute_humidity";
  return {};
}

// The most telling of the Source values: the rule's name, else the last one.
std::string channel_of(json::value const& root) {
  auto const* source = member(&root, "Source");
  if (!source || !source->is_object()) return {};
  std::string last;
  for (auto const& [name, v] : source->get_object()) {
    std::string word;
    if (auto const t = text(&v)) word = *t;
    else if (auto const n = number(&v)) word = json::serialize(v);
    if (word.empty() || word.size() > 64) continue;
    last = word;
    if (name == "Rule") break;
  }
  return last;
}

bool take_value(event_topic const& t, json::value const* v, core::value& out) {
  switch (t.as) {
    case take::happened: out = true; return true;
    case take::truth:
      if (auto const b = truth(v)) return out = *b, true;
      return false;
    case take::number:
      if (auto const n = number(v)) return out = *n, true;
      return false;
    case take::word:
      if (auto const s = text(v); s && !s->empty() && s->size() <= max_text) return out = std::string(*s), true;
      return false;
  }
  return false;
}

// Topic levels before "/&"; vendor namespaces ("tns1:VideoSource") fall away.
std::string event_path(std::string_view rest) {
  std::string path;
  auto const values = rest.find("/&");
  rest = rest.substr(0, values);
  while (!rest.empty()) {
    auto const slash = rest.find('/');
    auto level = rest.substr(0, slash);
    if (auto const colon = level.find(':'); colon != std::string_view::npos) level = level.substr(colon + 1);
    if (!path.empty()) path += '/';
    path += level;
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return path;
}

bool has_ending(std::string_view path, std::string_view ending) {
  return path.ends_with(ending) && (path.size() == ending.size() || path[path.size() - ending.size() - 1] == '/');
}

void read_clip(json::value const* data, std::string const& channel, decoded_element& e) {
  auto const playing = truth(member(data, "Playing"));
  auto const reason = text(member(data, "Reason"));
  if (!playing) return;
  std::string state = *playing ? "playing" : "stopped";
  if (!*playing && reason && *reason == "Interrupted") state = "interrupted";
  e.readings.push_back({"playback_state", channel, "", state});
  // Only "Completed" proves that the whole clip was heard.
  if (!*playing && reason) e.readings.push_back({"playback_finished", channel, "", *reason == "Completed"});
  if (auto const clip = text(member(data, "ClipName")); clip && !clip->empty() && clip->size() <= max_text)
    e.readings.push_back({"media_title", channel, "", std::string(*clip)});
}

// Thermal cameras tell kelvin: {"Reading": {"@MaxTemperature": "301.2", …}, "ItemID": …}.
void read_radiometry(json::value const* data, std::string const& channel, decoded_element& e) {
  auto const item = kept_text(member(data, "ItemID"));
  auto where = item ? channel_part(*item) : channel;
  auto const* reading = any_member(data, {"Reading", "TemperatureReading"});
  struct part {
    std::string_view name, sub;
  };
  for (auto const& p : {part{"@MaxTemperature", "max"}, part{"@MinTemperature", "min"}, part{"@AverageTemperature", "average"}, part{"@SpotTemperature", ""}})
    if (auto const k = number(member(reading, p.name)); k && *k > 0)
      e.readings.push_back({"temperature", p.sub.empty() || where.empty() ? where + std::string(p.sub) : where + "/" + std::string(p.sub), "Cel", *k - 273.15});
}

void read_plate(json::value const* data, std::string const& channel, decoded_element& e) {
  auto const* plate = member(data, "PlateNumber");
  if (!plate) plate = member(member(data, "LicensePlateInfo"), "PlateNumber");
  if (auto const s = kept_text(inner_text(plate))) e.readings.push_back({"license_plate", channel, "", *s});
}

// Who opened is not kept.
bool read_door(std::string_view path, json::value const* data, std::string const& channel, decoded_element& e) {
  if (has_ending(path, "Door/State/DoorAlarm")) {
    if (auto const s = text(member(data, "State"))) e.readings.push_back({"alarm", channel, "", !equal_fold(*s, "Normal")});
    return true;
  }
  if (has_ending(path, "Door/State/DoorTamper")) {
    if (auto const s = text(member(data, "State"))) e.readings.push_back({"tamper", channel, "", equal_fold(*s, "TamperDetected")});
    return true;
  }
  auto const access = path.find("AccessControl/");
  if (access == std::string_view::npos) return false;
  auto const what = path.substr(access + 14);
  if (what.starts_with("AccessGranted") || what.starts_with("Denied") || what.starts_with("Duress"))
    e.readings.push_back({"door_lock_event", channel, "", cut(what.substr(0, what.find('/')))});
  return true;
}

}  // namespace

decoded decode_onvif_events(decode_input const& in) {
  auto const marker = in.topic.find("/onvif-ej/");
  if (marker == std::string_view::npos || marker == 0) return decoded::rejected("an ONVIF topic is {prefix}/onvif-ej/{event}");
  std::string const device(in.topic.substr(0, marker));
  auto const path = event_path(in.topic.substr(marker + 10));
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored("a property was deleted", message_kind::status);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const* data = member(&doc.root, "Data");
  if (!doc.root.is_object()) return decoded::rejected("an ONVIF event is an object");

  // The specification does not send it; devices that do may repeat the last value of what is gone.
  if (text(member(&doc.root, "PropertyOperation")) == std::optional<std::string_view>("Deleted")) return decoded::ignored("a property was deleted", message_kind::status);

  auto d = decoded::of(message_kind::event, device);
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(path));
  set_utc_time(e, member(&doc.root, "UtcTime"));
  auto const channel = channel_of(doc.root);

  if (has_ending(path, "Media/AudioClip/State")) {
    read_clip(data, channel, e);
  } else if (path.find("Radiometry/") != std::string::npos && path.ends_with("TemperatureReading")) {
    d.kind = message_kind::telemetry;
    read_radiometry(data, channel, e);
  } else if (has_ending(path, "Recognition/LicensePlate")) {
    read_plate(data, channel, e);
  } else if (read_door(path, data, channel, e)) {
    // its readings are there already
  } else if (auto const sensor = path.find("Device/Sensor/"); sensor != std::string::npos && (path.ends_with("/High") || path.ends_with("/Low"))) {
    std::string_view unit;
    std::string_view quantity = std::string_view(path).substr(sensor + 14);
    auto const metric = metric_of_sensor(quantity.substr(0, quantity.find('/')), unit);
    auto const value = number(member(data, "Value"));
    if (!metric.empty() && value) e.readings.push_back({std::string(metric), channel, std::string(unit), *value});
    auto const limit = number(member(data, "Threshold"));
    if (value && limit) e.readings.push_back({"alarm", channel, "", path.ends_with("/Low") ? *value <= *limit : *value >= *limit});
  } else {
    for (auto const& p : pictures)
      if (path.find(p.topic) != std::string::npos)
        if (auto const b = truth(member(data, "State"))) e.readings.push_back({std::string(p.metric), p.channel.empty() ? channel : std::string(p.channel), "", *b});
    for (auto const& t : topics) {
      if (!has_ending(path, t.ending)) continue;
      decoded_reading r{std::string(t.metric), channel, std::string(t.unit), {}};
      if (t.item.empty() || data)
        if (take_value(t, member(data, t.item), r.v)) e.readings.push_back(std::move(r));
      if (t.as == take::number) d.kind = message_kind::telemetry;
      break;
    }
    // The property is there as long as the object stays: {"Since", "TimeStamp"} without a State.
    if (has_ending(path, "LoiteringDetector/ObjectIsLoitering") && e.readings.empty() && member(data, "Since")) add_flag(e, "occupancy", channel, true);
    if (path.find("Device/HardwareFailure/") != std::string::npos && e.readings.empty())
      if (auto const b = truth(any_member(data, {"Failed", "Critical", "State"}))) e.readings.push_back({"device_fault", channel, "", *b});
  }
  if (e.readings.empty()) return decoded::ignored("an ONVIF event that is not kept: " + cut(path, 128), d.kind);
  return d;
}

}  // namespace ioc::perceive
