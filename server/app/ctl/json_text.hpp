#pragma once
#include "core/time.hpp"
#include "core/value.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ioc::ctl::json {

// JSON put together from texts that are JSON already. Boost.JSON would write 3600 as 3.6E3; people read this output.
inline std::string text(std::string_view s) { return core::json_quote(s); }
inline std::string text_or_null(std::string const& s) { return s.empty() ? "null" : text(s); }
inline std::string number(double v) { return core::to_json(core::value{v}); }
inline std::string seconds(core::duration d) { return number(core::to_seconds(d)); }
inline std::string seconds(std::optional<core::duration> d) { return d ? seconds(*d) : "null"; }
inline std::string boolean(bool b) { return b ? "true" : "false"; }

inline std::string object(std::vector<std::pair<std::string, std::string>> const& members) {
  std::string s = "{";
  for (auto const& [k, v] : members) s += (s.size() > 1 ? "," : "") + text(k) + ":" + v;
  return s + "}";
}
inline std::string array(std::vector<std::string> const& items) {
  std::string s = "[";
  for (auto const& i : items) s += (s.size() > 1 ? "," : "") + i;
  return s + "]";
}
inline std::string texts(std::vector<std::string> const& items) {
  std::vector<std::string> quoted;
  for (auto const& i : items) quoted.push_back(text(i));
  return array(quoted);
}

}  // namespace ioc::ctl::json
