#pragma once
#include "perceive/decoder.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace ioc::perceive {

// Units that stand beside the sensors of a message: TempUnit, PressureUnit, SpeedUnit; `rain` from the source's settings.
struct tasmota_units {
  std::string_view temperature = "Cel";
  std::string_view pressure = "hPa";
  std::string_view speed = "km/h";
  std::string_view rain = "mm";

  static tasmota_units of(boost::json::value const& root, decoder_settings const* settings);
};

// "ENERGY": totals in kWh; arrays have one item a phase (up to three: L1 L2 L3, beyond: 1 2 …).
void read_tasmota_energy(boost::json::value const& energy, decoded_element& e);

// One sensor's object; `name` ("BME280", "DS18B20-2") is the channel and tells the unit of a distance. Adds nothing for keys that are not kept.
void read_tasmota_sensor(std::string_view name, boost::json::value const& sensor, tasmota_units const& units, decoded_element& e);

// What a device behind a Zigbee or LoRaWAN bridge says; its quantities need no channel.
void read_tasmota_bridged(boost::json::value const& device, tasmota_units const& units, decoded_element& e);

}  // namespace ioc::perceive
