#pragma once
#include "perceive/decoder.hpp"
#include "perceive/json_read.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// Levels of a topic, empty ones included; views into `topic`.
std::vector<std::string_view> levels_of(std::string_view topic);
// `levels[from, to)` joined by '/' again.
std::string joined(std::vector<std::string_view> const& levels, std::size_t from, std::size_t to);

// "", null, None, nan, unavailable, unknown, a lone "-": the device says that it has no value. None of them is 0.
bool says_missing(std::string_view word);

// One number as devices write it in text: decimal, zero-padded, signed, maybe with its unit behind it ("1024 mm", "45%").
// The answer is in `unit` (UCUM); nothing when it is no number or its unit is none of that quantity.
std::optional<double> measured(std::string_view text, std::string_view unit);
// The same for a JSON number or text; nothing for null, booleans and all else.
std::optional<double> measured(boost::json::value const* v, std::string_view unit);

// A number in the vendor's own scale (Wh, kW): a bare one becomes times · n / divide in `unit`, one with a unit of its own is converted.
std::optional<double> scaled(std::string_view text, std::string_view unit, double divide, double times = 1);
std::optional<double> scaled(boost::json::value const* v, std::string_view unit, double divide, double times = 1);

// Append one reading. add_text keeps nothing when the text is empty, longer than a value may be, or not valid UTF-8.
void add_number(decoded_element& e, std::string_view metric, std::string channel, std::string_view unit, double v,
                core::quality q = core::quality::good);
void add_flag(decoded_element& e, std::string_view metric, std::string channel, bool v, core::quality q = core::quality::good);
void add_text(decoded_element& e, std::string_view metric, std::string channel, std::string_view v);

// What a topic carries that holds one number. `unit` is the one after `divide` was applied to the device's number.
struct scalar_rule {
  std::string_view metric;
  std::string channel;
  std::string_view unit;
  double divide = 1;
};
// One element with one reading; ignored when the value is missing, rejected when it is no number.
decoded scalar_message(std::string native, scalar_rule const& rule, std::string_view payload, std::string_view topic);

// A status message that says only whether the device can be reached.
decoded online_message(std::string native, bool online, std::string_view payload);

// A command seen on its way to a device: described, never carried out. `action` in our words or the vendor's in lower case.
decoded command_message(std::string native, std::string action, std::string ack_topic, std::string id = {});
// on/1/true, off/0/false, toggle/2 → "switch_on" … with `noun` before; nothing for other words.
std::optional<std::string> switch_action(std::string_view payload, std::string_view noun = "switch");

}  // namespace ioc::perceive
