#pragma once
#include "perceive/decoder.hpp"
#include "perceive/scalar_read.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

enum class value_form : std::uint8_t { number, truth, word };

// What a name means that people give to a quantity: "temp", "h", "nhiet_do", "pm25". `unit` is the canonical one of the metric,
// `said` the unit in which a bare number under that name comes (UCUM); both "" for booleans and texts. Static data, any thread.
struct quantity {
  std::string_view name;
  std::string_view metric;
  std::string_view channel;
  std::string_view unit;
  std::string_view said;
  value_form as = value_form::number;
  bool inverted = false;
};

// By the whole name; case, '-', ' ' and '.' do not matter. Null for a name that nobody knows.
quantity const* quantity_named(std::string_view name);
// By a part of a longer name ("nhiet_do_phong", "Living room temperature"): the longest part that is known wins.
quantity const* quantity_within(std::string_view name);
// By Home Assistant's and ESPHome's device_class of a sensor; null for an unknown one.
quantity const* quantity_of_class(std::string_view device_class);
// The same for a binary_sensor; true = the class's "on" (door: open, lock: unlocked, battery: low …).
quantity const* quantity_of_binary_class(std::string_view device_class);
// By its unit alone ("°C", "kWh", "hPa"); null where a unit says too little ("%", "m").
quantity const* quantity_of_unit(std::string_view vendor_unit);

// UCUM code of a unit as vendors write it ("°C", "µg/m³", "kWh", "mm/h", "in"); the same text where it is none of those.
std::string_view ucum_of(std::string_view vendor_unit);

// The value in the quantity's canonical unit: numbers, quoted ones, quoted with a unit behind ("45%", "1024 mm"), truth words.
// `said` = the unit that a bare number has, "" = the quantity's usual one. Nothing for what is missing or cannot be read.
std::optional<core::value> value_of(quantity const& q, boost::json::value const& v, std::string_view said = {});

// One key and value of a platform that leaves names to its users (ThingsBoard, FIWARE, thin-edge). The source's setting
// `name:<key>` ("metric[/channel] [unit]") wins, then what the name means; a name that means nothing is kept as raw_value (number),
// digital_input (boolean) or label (text) under its own name as channel. `channel` not empty = the channel of every reading.
void read_named(std::string_view key, boost::json::value const& v, std::string_view channel, decoder_settings const* settings, decoded_element& e);

// The source's setting `name:<key>` as a quantity; nothing when there is none. Views into the settings.
std::optional<quantity> quantity_of_setting(decoder_settings const* settings, std::string_view key);

// Something has happened or may at once: a leak, a door, smoke, tampering, an alarm; movement only where nothing is measured beside.
bool tells_of_an_event(decoded_element const& e);

}  // namespace ioc::perceive
