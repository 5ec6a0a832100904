#include "perceive/decoders/frigate/frigate.hpp"

#include "perceive/decode_help.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

decoded one(message_kind k, std::string device, decoded_reading r, std::string_view payload, std::string_view topic) {
  auto d = decoded::of(k, std::move(device));
  d.elements.front().content = hash_of(payload, hash_of(topic));
  d.elements.front().readings.push_back(std::move(r));
  return d;
}

// Speed's unit is Frigate's own setting and not in the message: without `speed_unit` here it is not kept.
void add_speed(json::value const* after, std::string const& channel, decoder_settings const& settings, decoded_element& e) {
  auto const unit = settings.word("speed_unit", "");
  double const factor = unit == "kph" || unit == "km/h" ? 1.0 : unit == "mph" ? 1.609344 : 0.0;
  auto const v = number(member(after, "current_estimated_speed"));
  if (factor > 0 && v && *v > 0) e.readings.push_back({"speed", channel, "km/h", *v * factor});
}

decoded tracked_object(json::value const& root, decoder_settings const& settings) {
  auto const* after = member(&root, "after");
  auto const camera = text(member(after, "camera"));
  auto const type = text(member(&root, "type"));
  if (!camera || camera->empty() || !type) return decoded::rejected("an event needs type and after.camera");
  auto d = decoded::of(message_kind::event, std::string(*camera));
  auto& e = d.elements.front();
  auto const channel = std::string(*camera);
  if (auto const t = number(member(after, "frame_time"))) {
    e.t = epoch(*t);
    e.time_refused = !e.t;
  }
  if (truth(member(after, "false_positive")) == true) return decoded::ignored("Frigate itself calls it a false positive", d.kind);
  if (auto const label = text(member(after, "label")); label && label->size() <= max_text) e.readings.push_back({"object_detected", channel, "", std::string(*label)});
  if (auto const n = number(member(after, "score"))) e.readings.push_back({"object_score", channel, "1", *n});
  add_speed(after, channel, settings, e);
  if (auto const plate = text(member(after, "recognized_license_plate")); plate && !plate->empty() && plate->size() <= max_text)
    e.readings.push_back({"license_plate", channel, "", std::string(*plate)});
  if (e.readings.empty()) return decoded::ignored("an event without a label", d.kind);
  return d;
}

decoded review(json::value const& root) {
  auto const* after = member(&root, "after");
  auto const camera = text(member(after, "camera"));
  auto const severity = text(member(after, "severity"));
  if (!camera || camera->empty() || !severity || severity->size() > max_text) return decoded::rejected("a review needs after.camera and after.severity");
  auto d = decoded::of(message_kind::event, std::string(*camera));
  auto& e = d.elements.front();
  // A review names its beginning and its end; when it was changed in between is told by the arrival alone.
  auto const type = text(member(&root, "type"));
  auto const* when = !type ? nullptr : *type == "new" ? member(after, "start_time") : *type == "end" ? member(after, "end_time") : nullptr;
  if (auto const t = number(when)) {
    e.t = epoch(*t);
    e.time_refused = !e.t;
  }
  e.readings.push_back({"review_severity", "", "", std::string(*severity)});
  return d;
}

// What was found out about an object afterwards. Plates and states are kept; whose face it is, and what a language model writes, is not.
decoded object_update(json::value const& root) {
  auto const type = text(member(&root, "type"));
  if (!type) return decoded::rejected("a tracked object's update needs type");
  if (*type == "face") return decoded::ignored("whose face it is is not kept", message_kind::event);
  if (*type != "lpr" && *type != "classification") return decoded::ignored("an update that is not kept: " + cut(*type, 64), message_kind::event);
  auto const camera = kept_text(member(&root, "camera"));
  if (!camera) return decoded::rejected("a tracked object's update needs camera");
  auto d = decoded::of(message_kind::event, *camera);
  auto& e = d.elements.front();
  if (auto const t = number(member(&root, "timestamp"))) {
    e.t = epoch(*t);
    e.time_refused = !e.t;
  }
  if (*type == "lpr") {
    if (auto const plate = kept_text(member(&root, "plate"))) e.readings.push_back({"license_plate", *camera, "", *plate});
  } else if (auto const found = kept_text(any_member(&root, {"sub_label", "attribute"})); found && !is_missing(*found)) {
    e.readings.push_back({"label", channel_part(kept_text(member(&root, "model")).value_or("")), "", *found});
  }
  if (e.readings.empty()) return decoded::ignored("an update without a result", d.kind);
  if (auto const n = number(member(&root, "score")); n && *n >= 0 && *n <= 1) e.readings.push_back({"object_score", *camera, "1", *n});
  return d;
}

decoded stats(json::value const& root, std::string device) {
  auto d = decoded::of(message_kind::telemetry, std::move(device));
  auto& e = d.elements.front();
  auto const* service = member(&root, "service");
  if (auto const t = number(member(service, "last_updated"))) {
    e.t = epoch(*t);
    e.time_refused = !e.t;
  }
  if (auto const* cameras = member(&root, "cameras"); cameras && cameras->is_object())
    for (auto const& [name, c] : cameras->get_object()) {
      if (name.size() > 64 || e.readings.size() > 2000) break;
      if (auto const n = number(member(&c, "camera_fps"))) e.readings.push_back({"video_frame_rate", std::string(name), "/s", *n});
      if (auto const n = number(member(&c, "detection_fps"))) e.readings.push_back({"detection_rate", std::string(name), "/s", *n});
    }
  if (auto const* detectors = member(&root, "detectors"); detectors && detectors->is_object())
    for (auto const& [name, c] : detectors->get_object())
      if (auto const n = number(member(&c, "inference_speed")); n && name.size() <= 64) e.readings.push_back({"inference_time", std::string(name), "ms", *n});
  if (auto const n = number(member(service, "uptime"))) e.readings.push_back({"uptime", "", "s", *n});
  if (e.readings.empty()) return decoded::ignored("statistics without a value that is kept");
  return d;
}

// A level with three names: an on/off feature, its command, its confirmation.
decoded feature(std::string camera, std::string_view name, std::string_view verb, decode_input const& in, std::string const& base) {
  auto const on = truth(trimmed(in.payload));
  if (verb == "state") {
    if (!on) return decoded::ignored("a feature state that is no ON or OFF", message_kind::status);
    return one(message_kind::status, camera, {"device_state", "", "", std::string(name) + (*on ? "_on" : "_off")}, in.payload, in.topic);
  }
  auto d = decoded::of(message_kind::command, camera);
  d.command = decoded_command{true, std::string(name) + (!on ? "_set" : *on ? "_on" : "_off"), "", base + "/" + camera + "/" + std::string(name) + "/state"};
  return d;
}

decoded camera_topic(std::string camera, std::string_view rest, decode_input const& in, std::string const& base) {
  auto const payload = trimmed(in.payload);
  auto const slash = rest.find('/');
  auto const first = rest.substr(0, slash);
  auto const second = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);

  if (second == "snapshot") return decoded::ignored("an image", message_kind::event);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (first == "status" && !second.empty()) {
    bool const online = equal_fold(payload, "online"), offline = equal_fold(payload, "offline");
    // Switched off on purpose: no fault, and no word about whether the camera could be reached.
    if (equal_fold(payload, "disabled"))
      return one(message_kind::status, camera, {"device_state", "", "", cut(second, 64) + "_disabled"}, payload, in.topic);
    if (!online && !offline) return decoded::rejected("a role's status is online, offline or disabled");
    auto d = one(message_kind::status, camera, {"online", cut(second, 64), "", online}, payload, in.topic);
    d.elements.front().online = online;
    return d;
  }
  if (first == "ptz" && second.empty()) {
    auto d = decoded::of(message_kind::command, camera);
    d.command = decoded_command{true, payload.starts_with("preset_") ? "ptz_preset" : "ptz_" + lower(cut(payload, 32)), "", ""};
    return d;
  }
  if (second == "set" || second == "state") return feature(std::move(camera), first, second, in, base);
  if (first == "motion" && second.empty()) {
    auto const b = truth(payload);
    if (!b) return decoded::rejected("motion is ON or OFF");
    return one(message_kind::event, camera, {"motion_detected", "", "", *b}, payload, in.topic);
  }
  if (first == "audio") {
    if (second == "dBFS" || second == "rms") {
      auto const n = decimal(payload);
      if (!n) return decoded::rejected("an audio level is a number");
      return one(message_kind::telemetry, camera, {second == "dBFS" ? "audio_level" : "raw_value", second == "dBFS" ? "dBFS" : "audio_rms", second == "dBFS" ? "dB" : "1", *n}, payload, in.topic);
    }
    auto const b = truth(payload);
    if (!b || second.empty() || second == "transcription") return decoded::ignored("audio text is not kept", message_kind::event);
    return one(message_kind::event, camera, {"alarm", "audio/" + cut(second, 64), "", *b}, payload, in.topic);
  }
  if (first == "classification" && !second.empty()) {
    auto const found = kept_text(payload);
    if (!found) return decoded::rejected("a classification is a word");
    return one(message_kind::event, camera, {"label", channel_part(second), "", *found}, payload, in.topic);
  }
  if (first == "review_status" && second.empty())
    return payload.size() > max_text || !valid_utf8(payload) ? decoded::rejected("a review status is a word")
                                     : one(message_kind::status, camera, {"review_severity", "status", "", lower(payload)}, payload, in.topic);
  // {camera or zone}/{label or all}[/active] : a count
  if (second.empty() || second == "active") {
    auto const n = decimal(payload);
    if (!n) return decoded::ignored("a Frigate topic that is not kept");
    if (*n < 0) return decoded::rejected("a count below 0");
    auto channel = cut(first, 64);
    if (!second.empty()) channel += "/active";
    return one(message_kind::telemetry, camera, {"object_count", channel, "1", *n}, payload, in.topic);
  }
  return decoded::ignored("a Frigate topic that is not kept");
}

}  // namespace

decoded decode_frigate(decode_input const& in) {
  static decoder_settings const defaults;
  auto const& settings = in.settings ? *in.settings : defaults;
  std::string const base(settings.word("base", "frigate"));
  if (!in.topic.starts_with(base + "/")) return decoded::rejected("not a topic below " + base);
  auto const rest = in.topic.substr(base.size() + 1);
  auto const slash = rest.find('/');
  auto const payload = trimmed(in.payload);
  if (rest == "notifications/set" || rest == "notifications/state" || rest.starts_with("profile/"))
    return decoded::ignored("who is notified is not kept", message_kind::status);
  if (slash != std::string_view::npos) {
    auto const camera = rest.substr(0, slash);
    if (camera.empty() || slash + 1 == rest.size()) return decoded::rejected("a camera topic needs a camera and a label");
    return camera_topic(std::string(camera), rest.substr(slash + 1), in, base);
  }
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (rest == "available") {
    bool const online = equal_fold(payload, "online");
    if (!online && !equal_fold(payload, "offline") && !equal_fold(payload, "stopped")) return decoded::rejected("available is online, offline or stopped");
    auto d = one(message_kind::status, base, {"online", "", "", online}, payload, in.topic);
    d.elements.front().online = online;
    return d;
  }
  if (rest == "restart") return command_message(base, "restart", base + "/available");
  bool const known = rest == "events" || rest == "reviews" || rest == "stats" || rest == "tracked_object_update";
  if (!known) return decoded::ignored("Frigate's " + cut(rest, 64) + " is not kept");
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto d = rest == "events"    ? tracked_object(doc.root, settings)
           : rest == "reviews" ? review(doc.root)
           : rest == "stats"   ? stats(doc.root, base)
                               : object_update(doc.root);
  for (auto& e : d.elements) e.content = hash_of(payload);
  return d;
}

}  // namespace ioc::perceive
