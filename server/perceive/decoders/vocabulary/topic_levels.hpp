#pragma once
#include <string_view>
#include <vector>

namespace ioc::perceive {

// The levels of a topic, empty ones too ("/a//b" has four). Views into `topic`; a topic without '/' is one level.
inline std::vector<std::string_view> topic_levels(std::string_view topic) {
  std::vector<std::string_view> out;
  for (;;) {
    auto const slash = topic.find('/');
    out.push_back(topic.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    topic.remove_prefix(slash + 1);
  }
}

}  // namespace ioc::perceive
