#pragma once
#include "perceive/decode_help.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// The topics below shellies/{id}/ that carry one number; `levels` are those behind the id. Nothing for any other topic.
std::optional<scalar_rule> shelly_gen1_number(std::vector<std::string_view> const& levels);

// One that carries true/false, 0/1, on/off, open/close. `event` = something has happened, not a state that is repeated.
struct shelly_gen1_flag {
  std::string_view metric;
  std::string channel;
  bool event = false;
};
std::optional<shelly_gen1_flag> shelly_gen1_boolean(std::vector<std::string_view> const& levels);

// What Gen1 sends where a sensor could not be read: 999 for temperature and humidity, −1 for battery, lux and position.
bool shelly_gen1_sentinel(std::string_view metric, double v);

}  // namespace ioc::perceive
