#include "perceive/batch_text.hpp"

#include "perceive/json_read.hpp"

namespace ioc::perceive {

std::vector<std::string_view> batch_elements(std::string_view payload) {
  std::vector<std::string_view> out;
  auto const text = trimmed(payload);
  if (!text.starts_with('[') || !text.ends_with(']') || text.size() < 2) return out;
  auto const inner = text.substr(1, text.size() - 2);
  std::size_t begin = 0, depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    char const c = inner[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    } else if (c == ',' && depth == 0) {
      out.push_back(trimmed(inner.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (auto const last = trimmed(inner.substr(begin)); !last.empty() || !out.empty()) out.push_back(last);
  return out;
}

}  // namespace ioc::perceive
