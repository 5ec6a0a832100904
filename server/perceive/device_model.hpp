#pragma once
#include "core/time.hpp"
#include "core/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ioc::perceive {

// How one decoded quantity of a model becomes one that people use: to = factor · x + offset, rounded to 9 decimals.
// `offset_from` / `factor_from` name a calibration value of the single device (e.g. mounting_height, m) and win over the
// constants; a device without that value keeps only the decoded quantity. The decoded one is stored beside it.
// Example: an ultrasonic gauge hears the air gap; water_level = mounting_height − distance.
struct reading_rule {
  std::string metric;  // decoded, canonical; matches every channel of it
  std::string to;
  double factor = 1;
  double offset = 0;
  std::string factor_from;
  std::string offset_from;
};

// A boolean quantity whose change is something that happens: door_open true = cabinet_opened, false = cabinet_closed.
// An empty name = nothing happens that way.
struct event_rule {
  std::string metric;  // canonical; matches every channel
  std::string when_true;
  std::string when_false;
};

// A make of device as data: one file of config/models/. The decoder says what arrived, the model what it means.
struct device_model {
  std::string key;  // "milesight-em500-udl"
  std::string vendor;
  core::localized name;
  std::string type;    // water_level_gauge, camera …
  std::string link;    // lorawan, zigbee, wifi, ethernet, cellular, modbus
  std::string power;   // mains, battery, solar, poe; empty = not said
  std::string source;  // the source that normally carries it: native, chirpstack-v4 …
  std::optional<core::duration> expected_interval;
  std::vector<std::string> commands;  // that it can carry out
  std::vector<reading_rule> readings;
  std::vector<event_rule> events;
};

}  // namespace ioc::perceive
