#pragma once
#include "perceive/decoder.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::fuzz {

// One message of a fuzz input, as a decoder would get it.
struct message {
  std::string topic;
  std::string payload;
  bool retain = false;
};

// The form of a fuzz input and of a corpus file:
//   topic NUL payload                                              one message; it is then played again as a retained copy
//   topic NUL payload NUL 0xFF NUL topic NUL payload                two messages in a row, e.g. a discovery message and its state
// Without a NUL all of it is the payload of an empty topic. A payload may hold NULs, but not the three bytes that divide.
inline constexpr std::string_view divider{"\0\xFF\0", 3};
std::vector<message> messages_of(std::string_view input);
std::string input_of(std::vector<message> const& messages);

// What may be played: every decoder by its name, and the readers of JSON and XML as "json_read" and "xml_read".
std::vector<std::string> target_names();

// Plays the messages with one memory and says what is wrong, empty = nothing: an exception, an outcome without a reason, a number that is not
// finite, a text beyond 256 bytes or no UTF-8, more elements than may be, event data that is no JSON, another answer the second time.
// A crash is the sanitizers' finding. Null or unknown names are a complaint too.
std::string complaint(std::string_view target, std::vector<message> const& messages);

}  // namespace ioc::fuzz
