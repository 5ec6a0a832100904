#include "perceive/decode_help.hpp"

namespace ioc::perceive {

decoded blank(message_kind k, std::string device, decode_input const& in) {
  auto d = decoded::of(k, std::move(device));
  d.elements.front().content = hash_of(in.payload, hash_of(in.topic));
  return d;
}

decoded single(message_kind k, std::string device, decoded_reading r, decode_input const& in) {
  auto d = blank(k, std::move(device), in);
  d.elements.front().readings.push_back(std::move(r));
  return d;
}

decoded seen_command(std::string device, decoded_command c, decode_input const& in) {
  auto d = blank(message_kind::command, std::move(device), in);
  d.command = std::move(c);
  return d;
}

std::vector<std::string_view> levels(std::string_view topic, std::size_t most) {
  std::vector<std::string_view> out;
  for (;;) {
    auto const slash = out.size() + 1 < most ? topic.find('/') : std::string_view::npos;
    out.push_back(topic.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    topic.remove_prefix(slash + 1);
  }
}

std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
  return std::string(text.substr(0, most));
}

bool says_nothing(std::string_view word) {
  for (std::string_view w : {"", "null", "none", "unknown", "unavailable", "nan"})
    if (equal_fold(word, w)) return true;
  return false;
}

std::optional<std::string> kept_text(std::string_view payload) {
  payload = trimmed(payload);
  if (payload.empty() || !valid_utf8(payload)) return std::nullopt;
  return cut(payload);
}

std::optional<std::string> kept_text(boost::json::value const* v) {
  auto const s = text(v);
  return s ? kept_text(*s) : std::nullopt;
}

std::string channel_part(std::string_view text) {
  auto out = cut(trimmed(text), 64);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
  return valid_utf8(out) ? out : std::string();
}

boost::json::value const* any_member(boost::json::value const* v, std::initializer_list<std::string_view> names) {
  for (auto name : names)
    if (auto const* m = member(v, name)) return m;
  return nullptr;
}

}  // namespace ioc::perceive
