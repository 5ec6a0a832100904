#include "perceive/scalar_read.hpp"

#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {

bool is_missing(std::string_view word) {
  static constexpr std::array words{"null", "none", "nan", "-nan", "unavailable", "unknown", "undefined", "n/a", "na", "-", "--"};
  word = trimmed(word);
  return word.empty() || std::any_of(words.begin(), words.end(), [&](std::string_view w) { return equal_fold(w, word); });
}

bool is_missing(boost::json::value const& v) { return v.is_null() || (v.is_string() && is_missing(std::string_view(v.get_string()))); }

std::optional<spoken_number> number_with_unit(std::string_view text) {
  text = trimmed(text);
  if (auto const v = decimal(text)) return spoken_number{*v, {}};
  // The number ends where its own grammar does; a unit such as m3 holds digits too.
  auto end = text.find_first_not_of("+-.0123456789");
  if (end != std::string_view::npos && (text[end] == 'e' || text[end] == 'E')) {
    auto const more = text.find_first_not_of("+-0123456789", end + 1);
    if (more != end + 1 && more != std::string_view::npos) end = more;
  }
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  auto const v = decimal(text.substr(0, end));
  auto const unit = trimmed(text.substr(end));
  return v && !unit.empty() ? std::optional(spoken_number{*v, unit}) : std::nullopt;
}

std::optional<double> measured(std::string_view text, std::string_view unit) {
  auto const said = number_with_unit(text);
  if (!said || said->unit.empty()) return said ? std::optional(said->v) : std::nullopt;
  if (unit.empty()) return std::nullopt;
  if (equal_fold(said->unit, unit)) return said->v;
  return convert(said->v, said->unit, unit);
}

std::optional<double> measured(boost::json::value const* v, std::string_view unit) {
  if (auto const s = text(v)) return measured(*s, unit);
  return number(v);
}

std::optional<double> scaled(std::string_view text, std::string_view unit, double divide, double times) {
  if (auto const bare = decimal(trimmed(text))) return *bare * times / divide;
  return measured(text, unit);
}

std::optional<double> scaled(boost::json::value const* v, std::string_view unit, double divide, double times) {
  if (auto const s = text(v)) return scaled(*s, unit, divide, times);
  auto const n = number(v);
  return n ? std::optional(*n * times / divide) : std::nullopt;
}

std::optional<std::string> switch_action(std::string_view payload, std::string_view noun) {
  payload = trimmed(payload);
  if (equal_fold(payload, "toggle") || payload == "2") return std::string(noun) + "_toggle";
  static constexpr std::array on{"on", "1", "true"}, off{"off", "0", "false"};
  for (std::string_view w : on)
    if (equal_fold(payload, w)) return std::string(noun) + "_on";
  for (std::string_view w : off)
    if (equal_fold(payload, w)) return std::string(noun) + "_off";
  return std::nullopt;
}

}  // namespace ioc::perceive
