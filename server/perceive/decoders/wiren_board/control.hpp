#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// What a control measures, from its name, its type and its units; `unit` is the metric's, `sent_in` the one of its text (UCUM).
struct wb_control {
  std::string metric;  // empty = a number whose quantity nobody knows: kept as raw_value
  std::string channel;
  std::string unit;
  std::string sent_in;
  bool boolean = false;
  bool text = false;  // nothing to store: text, colours
};

// `type` and `units` as the control's meta says them, empty when it has not been heard.
wb_control wb_control_of(std::string_view name, std::string_view type, std::string_view units, bool readonly);

}  // namespace ioc::perceive
