#pragma once
#include "perceive/decoder.hpp"
#include "perceive/json_read.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// Small pieces that decoders of plain-topic dialects share. Pure; views point into the caller's text.

// One element with one reading; its content is the hash of topic and payload, which tells repeats apart.
decoded single(message_kind k, std::string device, decoded_reading r, decode_input const& in);
// One element without readings yet, with the same content.
decoded blank(message_kind k, std::string device, decode_input const& in);
// A vendor's command or answer, described for the people who look; nothing of it is stored as a value.
decoded seen_command(std::string device, decoded_command c, decode_input const& in);

// The levels of a topic; beyond `most` the rest stays together in the last one.
std::vector<std::string_view> levels(std::string_view topic, std::size_t most = 64);

// At most `most` bytes and never half a character.
std::string cut(std::string_view text, std::size_t most = max_text);

// A text that may be stored: not empty after trimming, valid UTF-8, cut to 256 bytes. Nothing for another kind of value.
std::optional<std::string> kept_text(boost::json::value const* v);
std::optional<std::string> kept_text(std::string_view payload);
// What vendors write where there is nothing: "", null, none, unknown, unavailable, nan.
bool says_nothing(std::string_view word);

// A part of a channel's name: at most 64 bytes, no control characters.
std::string channel_part(std::string_view text);

// The first member that is there, of any of these names.
boost::json::value const* any_member(boost::json::value const* v, std::initializer_list<std::string_view> names);

}  // namespace ioc::perceive
