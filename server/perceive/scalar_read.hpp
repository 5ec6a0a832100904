#pragma once
#include "perceive/json_read.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// No value, however a device writes it: null, "", "unavailable", "unknown", "none", "nan", "undefined", "n/a", "-". None of them is 0.
bool is_missing(std::string_view word);
bool is_missing(boost::json::value const& v);

// A text that is one number, and what stands behind it ("45%", "1024 mm", "1.2e3 kWh"); `unit` is empty for a bare one, a view into the text.
struct spoken_number {
  double v = 0;
  std::string_view unit;
};
std::optional<spoken_number> number_with_unit(std::string_view text);

// One number as devices write it in text: decimal, zero-padded, signed, maybe with its unit behind it.
// The answer is in `unit` (UCUM); nothing when it is no number or its unit is none of that quantity.
std::optional<double> measured(std::string_view text, std::string_view unit);
// The same for a JSON number or text; nothing for null, booleans and all else.
std::optional<double> measured(boost::json::value const* v, std::string_view unit);

// A number in the vendor's own scale (Wh, kW): a bare one becomes times · n / divide in `unit`, one with a unit of its own is converted.
std::optional<double> scaled(std::string_view text, std::string_view unit, double divide, double times = 1);
std::optional<double> scaled(boost::json::value const* v, std::string_view unit, double divide, double times = 1);

// on/1/true, off/0/false, toggle/2 → "switch_on" … with `noun` before; nothing for other words.
std::optional<std::string> switch_action(std::string_view payload, std::string_view noun = "switch");

}  // namespace ioc::perceive
