#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// The levels of a topic, empty ones too ("/a//b" has four). Views into `topic`; a topic without '/' is one level.
std::vector<std::string_view> topic_levels(std::string_view topic);

// `levels[from, to)` joined by '/' again.
std::string joined(std::vector<std::string_view> const& levels, std::size_t from, std::size_t to);

}  // namespace ioc::perceive
