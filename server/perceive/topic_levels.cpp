#include "perceive/topic_levels.hpp"

namespace ioc::perceive {

std::vector<std::string_view> topic_levels(std::string_view topic) {
  std::vector<std::string_view> out;
  for (;;) {
    auto const slash = topic.find('/');
    out.push_back(topic.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    topic.remove_prefix(slash + 1);
  }
}

std::string joined(std::vector<std::string_view> const& levels, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to && i < levels.size(); ++i) {
    if (i > from) out += '/';
    out += levels[i];
  }
  return out;
}

}  // namespace ioc::perceive
