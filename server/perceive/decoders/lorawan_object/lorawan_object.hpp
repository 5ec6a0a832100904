#pragma once
#include "perceive/decoder.hpp"

#include <boost/json/fwd.hpp>

namespace ioc::perceive {

// What a LoRaWAN network server hands on from a device's codec: ChirpStack's `object`, The Things Stack's `decoded_payload`.
// Understood are Milesight's typed keys with their `history[]` (readings with times of their own), Dragino's upper-case keys with units
// inside the text, Cayenne LPP in both servers' forms, and plain names (water_level, batteryVoltage). Keys without meaning are left out;
// failed readings (327.67 °C, 20 mm, "read failed") too.
void read_lorawan_object(boost::json::value const& object, decoded_element& e);

// The Things Stack's normalized_payload: one measurement or an array of them, each with a time of its own or none.
void read_normalized_payload(boost::json::value const& measurements, decoder_settings const* settings, decoded_element& e);

}  // namespace ioc::perceive
