#include "perceive/decoders/hermes/hermes.hpp"

#include "core/ids.hpp"
#include "perceive/decode_help.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

constexpr std::string_view audio = "hermes/audioServer/";

bool is_wav(std::string_view b) { return b.size() >= 12 && b.starts_with("RIFF") && b.substr(8, 4) == "WAVE"; }

std::string site_of(json::value const& root) { return kept_text(member(&root, "siteId")).value_or("default"); }

// The speaker has played to the end: the one loudspeaker protocol here that proves it.
decoded finished(std::string site, json::value const& root, decode_input const& in) {
  auto d = blank(message_kind::command, std::move(site), in);
  auto& e = d.elements.front();
  e.readings.push_back({"playback_finished", "", "", true});
  e.readings.push_back({"command_status", "", "", std::string("ok")});
  auto const id = kept_text(member(&root, "id")).value_or("");
  d.command = decoded_command{false, "ack", id, ""};
  // Our own requests carry the command's id; other people's do not concern its life.
  if (core::uuid::parse(id)) e.replies.push_back({id, core::ack_state::succeeded, "", {}});
  return d;
}

decoded play(std::string site, std::string_view id, decode_input const& in) {
  if (id.empty()) return decoded::rejected("playBytes needs a request id as its last level");
  if (in.payload.empty()) return decoded::ignored("empty payload", message_kind::command);
  if (!is_wav(in.payload)) return decoded::rejected("playBytes carries a WAV file");
  auto ack = std::string(audio) + site + "/playFinished";
  return command_message(std::move(site), "play_audio", std::move(ack), cut(id));
}

// hermes/audioServer/{site}/…
decoded audio_site(std::string_view rest, decode_input const& in) {
  auto const parts = topic_levels(rest);
  if (parts.size() < 2 || parts[0].empty()) return decoded::ignored("a Hermes topic that is not kept", message_kind::command);
  std::string site(parts[0]);
  auto const what = parts[1];
  if (what == "audioFrame" || what == "audioSummary" || parts.back() == "audioSessionFrame" || what == "replayRequest" || what == "replayResponse")
    return decoded::ignored("what a microphone hears is not kept", message_kind::event);
  if (what == "playBytes") return play(std::move(site), rest.substr(std::min(rest.size(), parts[0].size() + what.size() + 2)), in);
  if (what == "playBytesStreaming") {
    if (parts.size() < 3) return decoded::rejected("playBytesStreaming needs a request id");
    // …/{request}/{chunk}/{last}: the first chunk stands for the command.
    if (parts.size() > 3 && parts[3] != "0") return decoded::ignored("a further piece of a stream", message_kind::command);
    auto ack = std::string(audio) + site + "/streamFinished";
    return command_message(std::move(site), "play_audio", std::move(ack), cut(parts[2]));
  }
  if (what == "playFinished" || what == "streamFinished") {
    json_text const doc(in.payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    if (!doc.root.is_object()) return decoded::rejected("playFinished is an object with id");
    return finished(std::move(site), doc.root, in);
  }
  return decoded::ignored("a Hermes topic that is not kept: " + cut(what, 64), message_kind::event);
}

}  // namespace

decoded decode_hermes(decode_input const& in) {
  auto const& topic = in.topic;
  struct toggle {
    std::string_view topic, action;
  };
  constexpr toggle toggles[] = {{"hermes/audioServer/toggleOn", "audio_on"}, {"hermes/audioServer/toggleOff", "audio_off"}, {"rhasspy/audioServer/setVolume", "set_volume"}};
  bool known = topic == "hermes/tts/say" || topic == "hermes/tts/sayFinished" || topic == "hermes/error/audioServer/play" || topic == "hermes/error/tts";
  for (auto const& t : toggles) known = known || topic == t.topic;
  if (!known) {
    if (topic.starts_with("hermes/audioServer/toggleSummary")) return decoded::ignored("microphone statistics are not kept", message_kind::command);
    if (topic.starts_with(audio)) return audio_site(topic.substr(audio.size()), in);
    return decoded::ignored("a Hermes topic that is not kept", message_kind::event);
  }
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a Hermes message is an object");
  auto site = site_of(doc.root);
  for (auto const& t : toggles)
    if (topic == t.topic) return command_message(std::move(site), std::string(t.action), "");
  if (topic == "hermes/tts/say") {
    if (!kept_text(member(&doc.root, "text"))) return decoded::rejected("say needs text");
    return command_message(std::move(site), "play_tts", "hermes/tts/sayFinished", kept_text(member(&doc.root, "id")).value_or(""));
  }
  if (topic == "hermes/tts/sayFinished") return finished(std::move(site), doc.root, in);
  auto d = single(message_kind::command, std::move(site), {"command_status", "", "", std::string("failed")}, in);
  if (auto const why = kept_text(member(&doc.root, "error"))) d.elements.front().readings.push_back({"command_result", "", "", *why});
  d.command = decoded_command{false, "nack", kept_text(member(&doc.root, "context")).value_or(""), ""};
  return d;
}

}  // namespace ioc::perceive
