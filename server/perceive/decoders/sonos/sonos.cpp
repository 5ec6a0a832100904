#include "perceive/decoders/sonos/sonos.hpp"

#include "perceive/decode_help.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

std::optional<std::string> playback(std::string_view word) {
  if (equal_fold(word, "PLAYING")) return "playing";
  if (equal_fold(word, "PAUSED_PLAYBACK") || equal_fold(word, "PAUSED")) return "paused";
  if (equal_fold(word, "STOPPED") || equal_fold(word, "NO_MEDIA_PRESENT")) return "stopped";
  if (equal_fold(word, "TRANSITIONING")) return "buffering";
  return std::nullopt;
}

// {"Master": 7, "LF": 100, …} or the bare value.
json::value const* master(json::value const* v) {
  if (!v || !v->is_object()) return v;
  return any_member(v, {"Master", "master"});
}

void add_volume(json::value const* v, decoded_element& e) {
  if (auto const n = number(master(v)); n && *n >= 0 && *n <= 100) e.readings.push_back({"volume", "", "%", *n});
}

void add_title(json::value const* track, decoded_element& e) {
  if (auto const t = kept_text(any_member(track, {"Title", "title"}))) e.readings.push_back({"media_title", "", "", *t});
}

// The speaker's whole state, and the two raw service events with capital letters.
decoded state(json::value const& root, std::string device, decode_input const& in) {
  if (auto const uuid = kept_text(member(&root, "uuid"))) device = *uuid;
  auto d = blank(message_kind::status, std::move(device), in);
  auto& e = d.elements.front();
  if (auto const* t = member(&root, "ts"); t && !t->is_null()) {
    e.t = instant(t, in.settings);
    e.time_refused = !e.t;
  }
  if (auto const s = text(any_member(&root, {"transportState", "TransportState"})))
    if (auto p = playback(trimmed(*s))) e.readings.push_back({"playback_state", "", "", *p});
  add_volume(any_member(&root, {"volume", "Volume"}), e);
  if (auto const b = truth(master(any_member(&root, {"mute", "Mute"})))) e.readings.push_back({"muted", "", "", *b});
  add_title(any_member(&root, {"currentTrack", "CurrentTrackMetaData"}), e);
  if (e.readings.empty()) return decoded::ignored("a speaker's state without anything that is kept", message_kind::status);
  return d;
}

// sonos/status/{speaker}/{what}
decoded distinct(std::string device, std::string_view what, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  auto const word = lower(what);
  if (word == "avtransport" || word == "renderingcontrol" || word == "track") {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("a speaker's " + word + " is an object");
    if (word != "track") return state(doc.root, std::move(device), in);
    auto d = blank(message_kind::status, std::move(device), in);
    add_title(&doc.root, d.elements.front());
    return d.elements.front().readings.empty() ? decoded::ignored("a track without a title", message_kind::status) : d;
  }
  if (word == "state") {
    auto const p = playback(payload);
    return p ? single(message_kind::status, std::move(device), {"playback_state", "", "", *p}, in) : decoded::rejected("a state is PLAYING, PAUSED_PLAYBACK, STOPPED or TRANSITIONING");
  }
  if (word == "muted") {
    auto const b = truth(payload);
    return b ? single(message_kind::status, std::move(device), {"muted", "", "", *b}, in) : decoded::rejected("muted is true or false");
  }
  if (word == "volume") {
    auto const n = decimal(payload);
    if (!n || *n < 0 || *n > 100) return decoded::rejected("a volume is a number from 0 to 100");
    return single(message_kind::status, std::move(device), {"volume", "", "%", *n}, in);
  }
  return decoded::ignored("a speaker's " + cut(word, 64) + " is not kept", message_kind::status);
}

std::string action_of(std::string_view command) {
  auto name = lower(cut(command, 64));
  for (char& c : name)
    if (c == '-' || c == '/' || c == ' ') c = '_';
  if (name == "notify" || name == "notifytwo") return "play_announcement";
  if (name == "speak" || name == "speaktwo") return "play_tts";
  if (name == "volume") return "set_volume";
  return name;
}

decoded control(std::string device, std::string const& base, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const name = kept_text(any_member(&doc.root, {"command", "cmd", "sonosCommand"}));
  if (!name) return decoded::rejected("a control message needs command");
  auto ack = base + "/" + device;
  return command_message(std::move(device), action_of(*name), std::move(ack));
}

decoded failure(std::string device, decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("an error is an object with command and error");
  auto d = blank(message_kind::command, std::move(device), in);
  auto& e = d.elements.front();
  e.readings.push_back({"command_status", "", "", std::string("failed")});
  auto const* error = member(&doc.root, "error");
  auto why = kept_text(error);
  if (!why) why = kept_text(any_member(error, {"message", "Message", "name"}));
  auto const command = kept_text(member(&doc.root, "command"));
  if (why || command) e.readings.push_back({"command_result", "", "", cut(command.value_or("") + (command && why ? ": " : "") + why.value_or(""))});
  d.command = decoded_command{false, "nack", "", ""};
  return d;
}

}  // namespace

decoded decode_sonos(decode_input const& in) {
  static decoder_settings const defaults;
  std::string const base((in.settings ? *in.settings : defaults).word("base", "sonos"));
  if (!in.topic.starts_with(base + "/")) return decoded::rejected("not a topic below " + base);
  auto const parts = topic_levels(in.topic.substr(base.size() + 1));
  auto const payload = trimmed(in.payload);
  if (parts[0].empty()) return decoded::rejected("a Sonos topic without a speaker");
  if (parts[0] == "cmd" && parts.size() == 2) return command_message(base, action_of(parts[1]), "");
  if (parts[0] == "set" && parts.size() == 3) return command_message(std::string(parts[1]), action_of(parts[2]), base + "/" + std::string(parts[1]));
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  if (parts.size() == 1 && parts[0] == "connected") {
    auto const n = decimal(payload);
    if (!n || (*n != 0 && *n != 1 && *n != 2)) return decoded::rejected("connected is 0, 1 or 2");
    // 1 = the bridge is up and sees no speaker: nobody can be heard.
    auto d = single(message_kind::status, base, {"online", "", "", *n == 2}, in);
    d.elements.front().online = *n == 2;
    return d;
  }
  if (parts[0] == "status" && parts.size() == 3) return distinct(std::string(parts[1]), parts[2], in);
  if (parts.size() == 1) {
    if (parts[0] == "alarms") return decoded::ignored("alarm clocks are not kept", message_kind::status);
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("a speaker's state is an object");
    return state(doc.root, std::string(parts[0]), in);
  }
  if (parts.size() == 2 && parts[1] == "control") return control(std::string(parts[0]), base, in);
  if (parts.size() == 2 && parts[1] == "error") return failure(std::string(parts[0]), in);
  return decoded::ignored("a Sonos topic that is not kept", message_kind::status);
}

}  // namespace ioc::perceive
