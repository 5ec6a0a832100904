#include "perceive/decoders/vocabulary/vocabulary.hpp"

#include "perceive/json_read.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace {

struct unit_name {
  std::string_view vendor, ucum;
};
constexpr std::array units{
    unit_name{"°C", "Cel"}, unit_name{"\xE2\x84\x83", "Cel"}, unit_name{"C", "Cel"}, unit_name{"degC", "Cel"}, unit_name{"deg C", "Cel"}, unit_name{"ºC", "Cel"}, unit_name{"Celsius", "Cel"},
    unit_name{"°F", "[degF]"}, unit_name{"F", "[degF]"}, unit_name{"%RH", "%"}, unit_name{"% RH", "%"}, unit_name{"%rh", "%"}, unit_name{"%, RH", "%"}, unit_name{"percent", "%"},
    unit_name{"kWh", "kW.h"}, unit_name{"Wh", "W.h"}, unit_name{"MWh", "MW.h"}, unit_name{"VA", "V.A"}, unit_name{"kVA", "kV.A"}, unit_name{"VAr", "var"}, unit_name{"VAR", "var"}, unit_name{"kvarh", "kvar.h"}, unit_name{"kVArh", "kvar.h"}, unit_name{"kVARh", "kvar.h"}, unit_name{"varh", "var.h"},
    unit_name{"µg/m³", "ug/m3"}, unit_name{"μg/m³", "ug/m3"}, unit_name{"ug/m³", "ug/m3"}, unit_name{"µg/m3", "ug/m3"}, unit_name{"mg/m³", "mg/m3"}, unit_name{"g/m³", "g/m3"},
    unit_name{"m³", "m3"}, unit_name{"m^3", "m3"}, unit_name{"m^3/h", "m3/h"}, unit_name{"m³/h", "m3/h"}, unit_name{"m³/s", "m3/s"}, unit_name{"L/min", "L/min"}, unit_name{"l/min", "L/min"}, unit_name{"l/h", "L/h"}, unit_name{"l/s", "L/s"},
    unit_name{"ppm", "[ppm]"}, unit_name{"ppb", "[ppb]"}, unit_name{"lux", "lx"}, unit_name{"Lux", "lx"}, unit_name{"mmHg", "mm[Hg]"}, unit_name{"in", "[in_i]"}, unit_name{"ft", "[ft_i]"}, unit_name{"feet", "[ft_i]"},
    unit_name{"mph", "[mi_i]/h"}, unit_name{"mi/h", "[mi_i]/h"}, unit_name{"kn", "[kn_i]"}, unit_name{"km/h", "km/h"}, unit_name{"kmh", "km/h"}, unit_name{"°", "deg"}, unit_name{"º", "deg"},
    unit_name{"Ω", "Ohm"}, unit_name{"ohm", "Ohm"}, unit_name{"kΩ", "kOhm"}, unit_name{"dBA", "dB[A]"}, unit_name{"dB(A)", "dB[A]"}, unit_name{"sec", "s"}, unit_name{"m/sec", "m/s"}, unit_name{"Volt", "V"}, unit_name{"volts", "V"},
};

struct class_name {
  std::string_view device_class, name;
};
// Sensor classes whose name is not the vocabulary's own.
constexpr std::array sensor_classes{
    class_name{"atmospheric_pressure", "pressure"}, class_name{"carbon_dioxide", "co2"}, class_name{"carbon_monoxide", "co"}, class_name{"precipitation", "rainfall_total"},
    class_name{"precipitation_intensity", "rain_rate"}, class_name{"volatile_organic_compounds_parts", "tvoc"}, class_name{"volatile_organic_compounds", "tvoc"}, class_name{"sound_pressure", "sound_level"},
    class_name{"moisture", "soil_moisture"}, class_name{"water", "water_volume"}, class_name{"volume_flow_rate", "flow_rate"}, class_name{"energy_storage", ""}, class_name{"volume", "water_volume"}, class_name{"gas", ""}, class_name{"duration", ""}, class_name{"timestamp", ""}, class_name{"speed", ""}, class_name{"enum", ""}, class_name{"date", ""},
};

constexpr quantity on(std::string_view name, std::string_view metric, std::string_view channel = {}, bool inverted = false) {
  return {name, metric, channel, {}, {}, value_form::truth, inverted};
}
// What "on" of each binary class means, in our metrics.
constexpr std::array binary_classes{
    on("door", "door_open"), on("window", "door_open"), on("garage_door", "door_open"), on("opening", "door_open"), on("lock", "door_open", "lock"),
    on("motion", "motion_detected"), on("moving", "motion_detected"), on("occupancy", "occupancy"), on("presence", "occupancy"), on("smoke", "smoke_detected"), on("moisture", "water_leak_detected"),
    on("gas", "alarm", "gas"), on("carbon_monoxide", "alarm", "carbon_monoxide"), on("safety", "alarm", "safety"), on("vibration", "alarm", "vibration"), on("sound", "alarm", "sound"), on("heat", "alarm", "heat"), on("cold", "alarm", "cold"),
    on("tamper", "tamper"), on("problem", "device_fault"), on("battery", "battery_low"), on("connectivity", "online"), on("power", "switch_state"), on("running", "switch_state"), on("plug", "external_power"), on("battery_charging", "external_power"),
    on("update", "update_available"), on("light", "digital_input", "light"),
};

struct unit_meaning {
  std::string_view ucum, name;
};
constexpr std::array unit_meanings{
    unit_meaning{"Cel", "temperature"}, unit_meaning{"[degF]", "temperature"}, unit_meaning{"hPa", "pressure"}, unit_meaning{"mbar", "pressure"}, unit_meaning{"kPa", "pressure"}, unit_meaning{"lx", "illuminance"},
    unit_meaning{"V", "voltage"}, unit_meaning{"mV", "voltage"}, unit_meaning{"A", "current"}, unit_meaning{"mA", "current"}, unit_meaning{"W", "power"}, unit_meaning{"kW", "power"}, unit_meaning{"kW.h", "energy"}, unit_meaning{"W.h", "energy"},
    unit_meaning{"V.A", "apparent_power"}, unit_meaning{"var", "reactive_power"}, unit_meaning{"Hz", "frequency"}, unit_meaning{"dBm", "rssi"}, unit_meaning{"mm/h", "rain_rate"}, unit_meaning{"m3/h", "flow_rate"}, unit_meaning{"L/min", "flow_rate"}, unit_meaning{"dB[A]", "sound_level"},
};

}  // namespace

std::string_view ucum_of(std::string_view unit) {
  unit = trimmed(unit);
  auto const it = std::find_if(units.begin(), units.end(), [&](unit_name const& u) { return u.vendor == unit; });
  return it == units.end() ? unit : it->ucum;
}

quantity const* quantity_of_class(std::string_view device_class) {
  auto const it = std::find_if(sensor_classes.begin(), sensor_classes.end(), [&](class_name const& c) { return c.device_class == device_class; });
  if (it != sensor_classes.end()) return it->name.empty() ? nullptr : quantity_named(it->name);
  return quantity_named(device_class);
}

quantity const* quantity_of_binary_class(std::string_view device_class) {
  auto const it = std::find_if(binary_classes.begin(), binary_classes.end(), [&](quantity const& q) { return q.name == device_class; });
  return it == binary_classes.end() ? nullptr : &*it;
}

quantity const* quantity_of_unit(std::string_view vendor_unit) {
  auto const code = ucum_of(vendor_unit);
  auto const it = std::find_if(unit_meanings.begin(), unit_meanings.end(), [&](unit_meaning const& m) { return m.ucum == code; });
  return it == unit_meanings.end() ? nullptr : quantity_named(it->name);
}

}  // namespace ioc::perceive
