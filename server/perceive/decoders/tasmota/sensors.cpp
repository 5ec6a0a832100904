#include "perceive/decoders/tasmota/sensors.hpp"

#include "perceive/decode_help.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

struct row {
  std::string_view key;
  std::string_view metric;
  std::string_view unit;  // "" = boolean
  std::string_view part = "";  // sub-channel
};

// Keys that mean the same in every sensor's object. Temperature, pressure and distance carry a unit from elsewhere and stand below.
constexpr std::array plain{
    row{"Humidity", "relative_humidity", "%"},        row{"Moisture", "soil_moisture", "%"},            row{"CarbonDioxide", "co2_concentration", "[ppm]"},
    row{"CO2", "co2_concentration", "[ppm]"},         row{"PM1", "pm1", "ug/m3"},
    row{"PM1.0", "pm1", "ug/m3"},                     row{"PM1_0", "pm1", "ug/m3"},
    row{"PM2.5", "pm2_5", "ug/m3"},                   row{"PM2_5", "pm2_5", "ug/m3"},
    row{"PM4", "pm4", "ug/m3"},                       row{"PM4.0", "pm4", "ug/m3"},
    row{"PM4_0", "pm4", "ug/m3"},                     row{"PM10", "pm10", "ug/m3"},
    row{"PM10.0", "pm10", "ug/m3"},                   row{"Illuminance", "illuminance", "lx"},
    row{"Lux", "illuminance", "lx"},                  row{"UvIndex", "uv_index", "1"},
    row{"UVI", "uv_index", "1"},                      row{"Gas", "gas_resistance", "kOhm"},
    row{"AirQuality", "air_quality_index", "1"},      row{"IAQ", "air_quality_index", "1"},
    row{"VOC", "voc_index", "1"},                     row{"VOC_Index", "voc_index", "1"},
    row{"VOCIndex", "voc_index", "1"},                row{"NOx", "nox_index", "1"},
    row{"NOX_Index", "nox_index", "1"},               row{"NOxIndex", "nox_index", "1"},
    row{"AbsHumidity", "absolute_humidity", "g/m3"},  row{"Light", "light_level", "1"},
    row{"BatteryPercentage", "battery_level", "%"},   row{"BatteryVoltage", "battery_voltage", "V"},
    row{"LinkQuality", "link_quality", "1"},          row{"RSSI", "rssi", "dBm"},
    row{"Frequency", "frequency", "Hz"},              row{"Voltage", "voltage", "V"},
    row{"Current", "current", "A"},                   row{"Power", "active_power", "W"},
    row{"lat", "position_latitude", "deg"},           row{"lon", "position_longitude", "deg"},
    // Smart meter interface: names are the user's, these are the documentation's.
    row{"Total_in", "energy_import", "kW.h"},         row{"Total_out", "energy_export", "kW.h"},
    row{"Power_curr", "active_power", "W"},           row{"Power_cur", "active_power", "W"},
    row{"Power_p1", "active_power", "W", "L1"},       row{"Power_p2", "active_power", "W", "L2"},
    row{"Power_p3", "active_power", "W", "L3"},       row{"Volt_p1", "voltage", "V", "L1"},
    row{"Volt_p2", "voltage", "V", "L2"},             row{"Volt_p3", "voltage", "V", "L3"},
    row{"Amp_p1", "current", "A", "L1"},              row{"Amp_p2", "current", "A", "L2"},
    row{"Amp_p3", "current", "A", "L3"},              row{"Curr_p1", "current", "A", "L1"},
    row{"Curr_p2", "current", "A", "L2"},             row{"Curr_p3", "current", "A", "L3"},
    row{"freq", "frequency", "Hz"},                   row{"HZ", "frequency", "Hz"},
};
struct temperature_row {
  std::string_view key;
  std::string_view metric;
  std::string_view part;
};
constexpr std::array temperatures{
    temperature_row{"Temperature", "temperature", ""},       temperature_row{"DewPoint", "dew_point", ""},
    temperature_row{"ProbeTemperature", "temperature", "probe"}, temperature_row{"ReferenceTemperature", "device_temperature", ""},
    temperature_row{"OBJTMP", "temperature", "object"},      temperature_row{"AMBTMP", "temperature", "ambient"},
    temperature_row{"ObjectTemp", "temperature", "object"},  temperature_row{"AmbientTemp", "temperature", "ambient"},
};

std::string with(std::string_view channel, std::string_view part) {
  if (part.empty()) return std::string(channel);
  if (channel.empty()) return std::string(part);
  return std::string(channel) + "/" + std::string(part);
}

double converted(double v, std::string_view from, std::string_view to) { return convert(v, from, to).value_or(v); }

// −127 °C: a DS18B20 that does not answer; 85 °C is its power-on value, but an oven reaches it too.
core::quality temperature_quality(double celsius) { return celsius <= -126.9 ? core::quality::bad : core::quality::good; }

// A chip that measures itself, not the room.
bool own_chip(std::string_view name) { return name.starts_with("ESP32") || name.starts_with("BL09") || name.starts_with("AXP") || name.starts_with("CSE7766"); }

bool in_millimetres(std::string_view name) {
  return name.starts_with("VL53") || name.starts_with("HRXL") || name.starts_with("A02") || name.starts_with("TOF10") || name.starts_with("DYP-A02");
}

// "Temperature2" → "Temperature", "2"
std::pair<std::string_view, std::string_view> split_number(std::string_view key) {
  auto const at = key.find_last_not_of("0123456789");
  if (at == std::string_view::npos) return {key, {}};
  return {key.substr(0, at + 1), key.substr(at + 1)};
}

bool read_known(std::string_view name, std::string_view channel, std::string_view key, json::value const& v, tasmota_units const& units, decoded_element& e) {
  for (auto const& t : temperatures)
    if (t.key == key) {
      if (auto const n = measured(&v, units.temperature)) {
        double const c = converted(*n, units.temperature, "Cel");
        add_number(e, own_chip(name) ? "device_temperature" : t.metric, with(channel, t.part), "Cel", c, temperature_quality(c));
      }
      return true;
    }
  if (key == "Pressure" || key == "SeaPressure") {
    if (auto const n = measured(&v, units.pressure)) {
      double const hpa = units.pressure == "inHg" ? *n * 33.86388666667 : converted(*n, units.pressure, "hPa");
      add_number(e, "air_pressure", with(channel, key == "SeaPressure" ? "sea_level" : ""), "hPa", hpa);
    }
    return true;
  }
  if (key == "Distance") {
    if (name.starts_with("AS3935")) return true;  // km to a lightning, not a level
    auto const unit = in_millimetres(name) ? "mm" : "cm";
    if (auto const n = measured(&v, unit)) {
      // Out of range: the SR04 family says a negative or zero length, the VL53 8190 and more.
      bool const echo = *n > 0 && !(in_millimetres(name) && *n >= 8190);
      add_number(e, "distance", std::string(channel), "m", *n / (in_millimetres(name) ? 1000 : 100), echo ? core::quality::good : core::quality::bad);
    }
    return true;
  }
  for (auto const& r : plain)
    if (r.key == key) {
      if (auto const n = measured(&v, r.unit)) add_number(e, r.metric, with(channel, r.part), r.unit, *n);
      return true;
    }
  return false;
}

void read_wind(std::string_view channel, json::value const& speed, tasmota_units const& units, decoded_element& e) {
  auto const put = [&](std::string_view metric, json::value const* v) {
    if (auto const n = measured(v, units.speed)) add_number(e, metric, std::string(channel), "m/s", converted(*n, units.speed, "m/s"));
  };
  if (!speed.is_object()) return put("wind_speed", &speed);
  put("wind_speed", member(&speed, "Act") ? member(&speed, "Act") : member(&speed, "Avg"));
  put("wind_gust", member(&speed, "Max"));
}

std::string phase(std::size_t i, std::size_t of) { return of <= 3 ? "L" + std::to_string(i + 1) : std::to_string(i + 1); }

}  // namespace

tasmota_units tasmota_units::of(json::value const& root, decoder_settings const* settings) {
  tasmota_units u;
  if (auto const t = text(member(&root, "TempUnit")); t && equal_fold(*t, "F")) u.temperature = "[degF]";
  if (auto const p = text(member(&root, "PressureUnit"))) u.pressure = equal_fold(*p, "mmHg") ? "mm[Hg]" : equal_fold(*p, "inHg") ? "inHg" : "hPa";
  if (auto const w = text(member(&root, "SpeedUnit"))) {
    auto const said = lower(*w);
    u.speed = said == "m/s" ? "m/s" : said == "kn" || said == "knots" ? "[kn_i]" : said == "mph" ? "[mi_i]/h" : "km/h";
  }
  if (settings && settings->word("rain_unit", "mm") == "in") u.rain = "[in_i]";
  return u;
}

void read_tasmota_energy(json::value const& energy, decoded_element& e) {
  constexpr std::array rows{
      row{"Total", "energy_import", "kW.h"},            row{"Yesterday", "energy_yesterday", "kW.h"},
      row{"Today", "energy_today", "kW.h"},             row{"Power", "active_power", "W"},
      row{"ApparentPower", "apparent_power", "V.A"},    row{"ReactivePower", "reactive_power", "var"},
      row{"Factor", "power_factor", "1"},               row{"Frequency", "frequency", "Hz"},
      row{"Voltage", "voltage", "V"},                   row{"Current", "current", "A"},
      row{"ExportActive", "energy_export", "kW.h"},     row{"ExportReactive", "reactive_energy_export", "kvar.h"},
      row{"ImportActive", "energy_import", "kW.h"}, row{"ImportReactive", "reactive_energy_import", "kvar.h"},
  };
  if (!energy.is_object()) return;
  for (auto const& r : rows) {
    auto const* v = member(&energy, r.key);
    if (!v) continue;
    // Beside a total of its own the import register is a second counter.
    auto const part = r.key == "ImportActive" && member(&energy, "Total") ? "import" : r.part;
    if (!v->is_array()) {
      if (auto const n = measured(v, r.unit)) add_number(e, r.metric, std::string(part), r.unit, *n);
      continue;
    }
    auto const& list = v->get_array();
    bool const any = std::any_of(list.begin(), list.end(), [&](json::value const& x) { return measured(&x, r.unit).value_or(0) != 0; });
    for (std::size_t i = 0; i < list.size() && i < 16; ++i)
      if (auto const n = measured(&list[i], r.unit)) {
        // 0 V beside phases that have some: a phase that is not wired, or one that is lost. Kept, but not good.
        auto const q = r.key == "Voltage" && *n == 0 && any ? core::quality::suspect : core::quality::good;
        add_number(e, r.metric, with(phase(i, list.size()), part), r.unit, *n, q);
      }
  }
  for (auto const& [key, metric] : {std::pair<std::string_view, std::string_view>{"TotalTariff", "energy_import"}, {"ExportTariff", "energy_export"}})
    if (auto const* v = member(&energy, key); v && v->is_array())
      for (std::size_t i = 0; i < v->get_array().size() && i < 4; ++i)
        if (auto const n = measured(&v->get_array()[i], "kW.h")) add_number(e, metric, "tariff" + std::to_string(i + 1), "kW.h", *n);
  if (auto const n = measured(member(&energy, "CurrentNeutral"), "A")) add_number(e, "current", "N", "A", *n);
  for (auto const& [key, v] : energy.get_object())
    if (v.is_object())
      if (auto const n = measured(member(&v, "Temperature"), "Cel")) add_number(e, "device_temperature", cut(key, 64), "Cel", *n);
}

void read_tasmota_sensor(std::string_view name, json::value const& sensor, tasmota_units const& units, decoded_element& e) {
  if (!sensor.is_object() || name.empty() || name.size() > 64) return;
  auto const error = measured(member(&sensor, "Error"), "1");
  auto const first = e.readings.size();
  for (auto const& [key, v] : sensor.get_object()) {
    if (v.is_null()) continue;
    if (name.starts_with("COUNTER") || name == "ADS1115" || name == "ANALOG") {
      auto const [word, number] = split_number(key);
      if (!number.empty() && (word == "C" || word == "A")) {
        if (auto const n = measured(&v, "1")) add_number(e, "raw_value", with(name, key), "1", *n);
        continue;
      }
    }
    if (name.starts_with("MAX17043") && (key == "Percentage" || key == "Voltage")) {
      if (auto const n = measured(&v, "")) add_number(e, key == "Voltage" ? "battery_voltage" : "battery_level", std::string(name), key == "Voltage" ? "V" : "%", *n);
      continue;
    }
    if (key == "Battery") {
      if (auto const n = measured(&v, "%")) add_number(e, "battery_level", std::string(name), "%", *n);
      continue;
    }
    if (key == "Speed" || key == "WindSpeed") {
      read_wind(name, v, units, e);
      continue;
    }
    if ((key == "Dir" || key == "Direction") && (member(&sensor, "Speed") || member(&sensor, "WindSpeed"))) {
      if (auto const n = measured(v.is_object() ? member(&v, "Deg") : &v, "deg")) add_number(e, "wind_direction", std::string(name), "deg", *n);
      continue;
    }
    if (name.starts_with("RG-15") || name.starts_with("RG15")) {
      auto const rate = key == "FlowRate" || key == "RInt";
      if (auto const n = measured(&v, units.rain); n && (rate || key == "Total"))
        add_number(e, rate ? "rainfall_rate" : "rainfall_total", std::string(name), rate ? "mm/h" : "mm", converted(*n, units.rain, "mm"));
      continue;
    }
    if (name.starts_with("FLOWRATEMETER") && key == "Rate") {
      auto const unit = text(member(&sensor, "Unit")).value_or("l/min");
      auto const code = unit == "m3/h" || unit == "m³/h" ? "m3/h" : "L/min";
      auto const put = [&](json::value const& x, std::string_view part) {
        if (auto const n = measured(&x, code)) add_number(e, "water_flow_rate", with(name, part), "m3/h", converted(*n, code, "m3/h"));
      };
      if (!v.is_array()) put(v, "");
      else
        for (std::size_t i = 0; i < v.get_array().size() && i < 8; ++i) put(v.get_array()[i], std::to_string(i + 1));
      continue;
    }
    if (name.starts_with("AS3935") && key == "Event") {
      if (auto const n = measured(&v, "1"); n && *n == 1) e.events.push_back({"lightning", json::serialize(sensor)});
      continue;
    }
    if (read_known(name, name, key, v, units, e)) continue;
    auto const [word, number] = split_number(key);
    if (!number.empty()) read_known(name, with(name, number), word, v, units, e);
  }
  // MAX31855: a broken thermocouple gives a number all the same.
  if (error && *error != 0)
    for (auto i = first; i < e.readings.size(); ++i) e.readings[i].q = core::quality::bad;
}

void read_tasmota_bridged(json::value const& device, tasmota_units const& units, decoded_element& e) {
  constexpr std::array flags{
      row{"DoorOpen", "door_open", ""},   row{"Contact", "door_open", ""},      row{"Alarm", "alarm", ""},
      row{"Occupancy", "occupancy", ""},  row{"Movement", "motion_detected", ""}, row{"Motion", "motion_detected", ""},
      row{"Water", "water_leak_detected", ""}, row{"WaterLeak", "water_leak_detected", ""}, row{"Leak", "water_leak_detected", ""},
      row{"Fire", "smoke_detected", ""},  row{"Smoke", "smoke_detected", ""},   row{"Tamper", "tamper", ""},
      row{"LowBattery", "battery_low", ""}, row{"Power", "switch_state", ""},
  };
  constexpr std::array numbers{
      row{"SNR", "snr", "dB"},                 row{"RMSVoltage", "voltage", "V"},      row{"RMSCurrent", "current", "A"},
      row{"ActivePower", "active_power", "W"}, row{"EnergyTotal", "energy_import", "kW.h"}, row{"Battery", "battery_level", "%"},
      row{"CO", "co_concentration", "[ppm]"},  row{"Latitude", "position_latitude", "deg"}, row{"Longitude", "position_longitude", "deg"},
  };
  for (auto const& [name, v] : device.get_object()) {
    if (v.is_null()) continue;
    std::string_view const key = name;  // clang 14 lets no lambda see a structured binding
    auto const flag = std::find_if(flags.begin(), flags.end(), [&](row const& r) { return r.key == key; });
    if (flag != flags.end()) {
      if (auto const b = truth(&v)) add_flag(e, flag->metric, "", *b);
      continue;
    }
    if (key == "Click" || key == "Action") {
      if (auto const w = text(&v); w && !w->empty() && w->size() <= 64) e.events.push_back({std::string(*w), json::serialize(v)});
      continue;
    }
    // LoRaWAN sensors tell volts (3.006), the others per cent.
    if (key == "Battery")
      if (auto const n = measured(&v, "V"); n && member(&device, "SNR") && *n < 20) {
        add_number(e, "battery_voltage", "", "V", *n);
        continue;
      }
    auto const number = std::find_if(numbers.begin(), numbers.end(), [&](row const& r) { return r.key == key; });
    if (number != numbers.end()) {
      if (auto const n = measured(&v, number->unit)) add_number(e, number->metric, "", number->unit, *n);
      continue;
    }
    read_known("", "", key, v, units, e);
  }
}

}  // namespace ioc::perceive
