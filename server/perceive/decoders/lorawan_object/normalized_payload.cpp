#include "perceive/decoders/lorawan_object/lorawan_object.hpp"

#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// One leaf of the payload schema of the LoRaWAN device repository, which The Things Stack follows.
struct leaf {
  std::string_view group, key;
  quantity q;
};
constexpr quantity n(std::string_view metric, std::string_view unit, std::string_view channel = {}) { return {{}, metric, channel, unit, unit, value_form::number, false}; }
constexpr quantity b(std::string_view metric) { return {{}, metric, {}, {}, {}, value_form::truth, false}; }

constexpr std::array leaves{
    leaf{"", "battery", n("battery_voltage", "V")},
    leaf{"air", "temperature", n("temperature", "Cel")}, leaf{"air", "relativeHumidity", n("relative_humidity", "%")}, leaf{"air", "pressure", n("air_pressure", "hPa")},
    leaf{"air", "co2", n("co2_concentration", "[ppm]")}, leaf{"air", "lightIntensity", n("illuminance", "lx")},
    leaf{"soil", "temperature", n("temperature", "Cel", "soil")}, leaf{"soil", "moisture", n("soil_moisture", "%")},
    leaf{"wind", "speed", n("wind_speed", "m/s")}, leaf{"wind", "direction", n("wind_direction", "deg")},
    leaf{"rain", "intensity", n("rainfall_rate", "mm/h")}, leaf{"rain", "cumulative", n("rainfall_total", "mm")},
    leaf{"water", "leak", b("water_leak_detected")}, leaf{"action", "contactState", b("door_open")},
    leaf{"position", "latitude", n("position_latitude", "deg")}, leaf{"position", "longitude", n("position_longitude", "deg")},
};

}  // namespace

void read_normalized_payload(json::value const& measurements, decoder_settings const* settings, decoded_element& e) {
  auto const one = [&](json::value const& m) {
    if (!m.is_object()) return;
    std::optional<core::time_point> t;
    if (auto const* said = member(&m, "time")) t = instant(said, settings);
    auto const add = [&](quantity const& q, json::value const* v, std::string_view channel) {
      if (!v) return;
      if (auto value = value_of(q, *v)) e.readings.push_back({std::string(q.metric), std::string(channel), std::string(q.unit), std::move(*value), core::quality::good, t});
    };
    for (auto const& l : leaves) add(l.q, member(l.group.empty() ? &m : member(&m, l.group), l.key), l.q.channel);
    auto const* water = member(&m, "water");
    add(n("temperature", "Cel"), member(member(water, "temperature"), "current"), "water");
    // A water meter's total comes in litres.
    if (auto const litres = number(member(member(member(&m, "metering"), "water"), "total"))) e.readings.push_back({"water_volume", "", "m3", *litres / 1000, core::quality::good, t});
    if (auto const moving = truth(member(member(member(&m, "action"), "motion"), "detected"))) e.readings.push_back({"motion_detected", "", "", *moving, core::quality::good, t});
  };
  if (measurements.is_array()) {
    std::size_t rows = 0;
    for (auto const& m : measurements.get_array())
      if (++rows <= 1000) one(m);
  } else {
    one(measurements);
  }
}

}  // namespace ioc::perceive
