#include "perceive/decoders/shairport/shairport.hpp"

#include "perceive/decode_help.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace {

// Marks without content; the raw form carries them as four letters below ssnc/.
struct mark {
  std::string_view name, raw, playback, state;
};
constexpr std::array marks{
    mark{"play_start", "pbeg", "playing", ""},
    mark{"play_resume", "prsm", "playing", ""},
    mark{"play_flush", "pfls", "paused", ""},  // paused, or moved to another place: then a resume follows
    mark{"play_end", "pend", "stopped", ""},
    mark{"active_start", "abeg", "playing", "active"},
    mark{"active_end", "aend", "stopped", "inactive"},
};

// "airplay,dB,min,max": airplay from -30 (silent) to 0 (full), -144 = muted. One number alone is no volume.
decoded volume(std::string device, decode_input const& in) {
  auto rest = trimmed(in.payload);
  std::array<double, 4> n{};
  for (std::size_t i = 0; i < n.size(); ++i) {
    auto const comma = rest.find(',');
    if ((comma == std::string_view::npos) != (i == 3)) return decoded::rejected("a volume is four numbers, \"airplay,dB,min,max\"");
    auto const one = decimal(rest.substr(0, comma));
    if (!one) return decoded::rejected("a volume is four numbers, \"airplay,dB,min,max\"");
    n[i] = *one;
    rest = i == 3 ? std::string_view{} : rest.substr(comma + 1);
  }
  auto d = blank(message_kind::telemetry, std::move(device), in);
  auto& e = d.elements.front();
  bool const muted = n[0] <= -144;
  if (!muted && (n[0] < -30 || n[0] > 0)) return decoded::rejected("an AirPlay volume lies between -30 and 0, or is -144");
  e.readings.push_back({"muted", "", "", muted});
  if (!muted) e.readings.push_back({"volume", "", "%", (n[0] / 30 + 1) * 100});
  return d;
}

}  // namespace

decoded decode_shairport(decode_input const& in) {
  auto const slash = in.topic.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return decoded::rejected("a Shairport topic is {topic}/{what}");
  auto const what = in.topic.substr(slash + 1);
  auto before = in.topic.substr(0, slash);
  bool const raw = before.ends_with("/ssnc") || before.ends_with("/core");
  bool const core = before.ends_with("/core");
  if (raw) before.remove_suffix(5);
  std::string device(before);

  if (!raw && what == "remote") {
    auto const verb = lower(cut(trimmed(in.payload), 64));
    if (verb.empty()) return decoded::ignored("empty payload", message_kind::command);
    return command_message(std::move(device), verb, "");
  }
  // The mark is the message itself: old versions send it empty, newer ones "--".
  for (auto const& m : marks)
    if (what == (raw ? m.raw : m.name)) {
      if (auto const said = trimmed(in.payload); said.size() > max_text || !valid_utf8(said) || (said.empty() && in.payload.size() > 1) ||
          std::any_of(said.begin(), said.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
        return decoded::rejected("a mark carries nothing or \"--\"");
      if (in.retain && trimmed(in.payload).empty()) return decoded::ignored("retained message deleted", message_kind::event);
      auto d = single(message_kind::event, std::move(device), {"playback_state", "", "", std::string(m.playback)}, in);
      if (!m.state.empty()) d.elements.front().readings.push_back({"device_state", "", "", std::string(m.state)});
      return d;
    }
  if (what == "cover" || what == "PICT") return decoded::ignored("an image", message_kind::event);
  auto const payload = trimmed(in.payload);
  if (payload.empty() || payload == "--") return decoded::ignored("an empty mark that is not kept", message_kind::event);
  if (what == (raw ? "pvol" : "volume")) return volume(std::move(device), in);
  if (raw ? core && what == "minm" : what == "title") {
    auto const title = kept_text(payload);
    if (!title) return decoded::rejected("payload is not valid UTF-8");
    return single(message_kind::telemetry, std::move(device), {"media_title", "", "", *title}, in);
  }
  if (!raw && (what == "playing" || what == "active")) {
    auto const b = truth(payload);
    if (!b) return decoded::rejected(std::string(what) + " is true or false");
    if (what == "playing") return single(message_kind::event, std::move(device), {"playback_state", "", "", std::string(*b ? "playing" : "stopped")}, in);
    return single(message_kind::event, std::move(device), {"device_state", "", "", std::string(*b ? "active" : "inactive")}, in);
  }
  return decoded::ignored("a Shairport topic that is not kept: " + cut(what, 64));
}

}  // namespace ioc::perceive
