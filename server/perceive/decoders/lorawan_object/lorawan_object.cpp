#include "perceive/decoders/lorawan_object/lorawan_object.hpp"

#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

constexpr quantity number_of(std::string_view key, std::string_view metric, std::string_view unit, std::string_view said, std::string_view channel = {}) {
  return {key, metric, channel, unit, said, value_form::number, false};
}
constexpr quantity truth_of(std::string_view key, std::string_view metric, std::string_view channel = {}, bool inverted = false) {
  return {key, metric, channel, {}, {}, value_form::truth, inverted};
}

// Milesight's keys first, then Dragino's; `said` is the vendor's unit of a bare number.
constexpr std::array fields{
    number_of("battery", "battery_level", "%", "%"), number_of("temperature", "temperature", "Cel", "Cel"), number_of("humidity", "relative_humidity", "%", "%"),
    number_of("moisture", "soil_moisture", "%", "%"), number_of("soil_moisture", "soil_moisture", "%", "%"), number_of("water_SOIL", "soil_moisture", "%", "%"), number_of("Water_SOIL", "soil_moisture", "%", "%"), number_of("Soil_Moisture", "soil_moisture", "%", "%"),
    number_of("ambient_temperature", "temperature", "Cel", "Cel"), number_of("external_temperature", "temperature", "Cel", "Cel", "external"),
    number_of("pressure", "air_pressure", "hPa", "hPa"), number_of("barometric_pressure", "air_pressure", "hPa", "hPa"),
    number_of("wind_direction", "wind_direction", "deg", "deg"), number_of("wind_speed", "wind_speed", "m/s", "m/s"),
    number_of("rainfall_total", "rainfall_total", "mm", "mm"), number_of("distance", "distance", "m", "mm"), number_of("depth", "water_level", "m", "cm"),
    number_of("co2", "co2_concentration", "[ppm]", "[ppm]"), number_of("tvoc", "tvoc_index", "1", "1"), number_of("hcho", "formaldehyde", "mg/m3", "mg/m3"),
    number_of("pm2_5", "pm2_5", "ug/m3", "ug/m3"), number_of("pm10", "pm10", "ug/m3", "ug/m3"),
    number_of("light_level", "light_level", "1", "1"), number_of("illumination", "illuminance", "lx", "lx"), number_of("lux", "illuminance", "lx", "lx"),
    number_of("current", "current", "A", "mA"), number_of("voltage", "voltage", "V", "V"), number_of("active_power", "active_power", "W", "W"),
    number_of("power_factor", "power_factor", "1", "%"), number_of("power_consumption", "energy_import", "kW.h", "W.h"),
    number_of("laeq", "sound_level", "dB[A]", "dB[A]"), number_of("LAeq", "sound_level", "dB[A]", "dB[A]"), number_of("laf", "sound_level", "dB[A]", "dB[A]", "fast"), number_of("lafmax", "sound_level", "dB[A]", "dB[A]", "fast_max"),
    number_of("latitude", "position_latitude", "deg", "deg"), number_of("longitude", "position_longitude", "deg", "deg"),
    number_of("people_total_in", "crossing_count", "1", "1", "in"), number_of("people_total_out", "crossing_count", "1", "1", "out"),
    number_of("people_counter_all", "object_count", "1", "1", "person"), number_of("people_count_all", "object_count", "1", "1", "person"), number_of("people_total_counts", "object_count", "1", "1", "person"),
    truth_of("leakage_status", "water_leak_detected"), truth_of("water_leak", "water_leak_detected"), truth_of("magnet_status", "door_open"), truth_of("door", "door_open"),
    truth_of("tamper_status", "tamper"), truth_of("pir", "motion_detected"), truth_of("pir_status", "motion_detected"), truth_of("motion_status", "motion_detected"),
    truth_of("occupancy", "occupancy"), truth_of("socket_status", "switch_state"), truth_of("gas_status", "alarm", "gas"), truth_of("smoke_status", "smoke_detected"), truth_of("external_power", "external_power"),
    number_of("BAT_V", "battery_voltage", "V", "V"), number_of("BatV", "battery_voltage", "V", "V"), number_of("Bat_V", "battery_voltage", "V", "V"), number_of("Bat", "battery_voltage", "V", "V"), number_of("BAT", "battery_voltage", "V", "V"), number_of("bat", "battery_voltage", "V", "V"), number_of("Batt", "battery_voltage", "V", "V"),
    number_of("TempC_SHT", "temperature", "Cel", "Cel"), number_of("TempC_SHT31", "temperature", "Cel", "Cel"), number_of("TempC1", "temperature", "Cel", "Cel"), number_of("TEMP", "temperature", "Cel", "Cel"), number_of("TempC", "temperature", "Cel", "Cel"),
    number_of("TempC_DS18B20", "temperature", "Cel", "Cel", "DS18B20"), number_of("TempC_DS", "temperature", "Cel", "Cel", "DS"), number_of("TempC2", "temperature", "Cel", "Cel", "2"), number_of("TempC3", "temperature", "Cel", "Cel", "3"),
    number_of("Temp_Red", "temperature", "Cel", "Cel", "Red"), number_of("Temp_White", "temperature", "Cel", "Cel", "White"), number_of("Temp_Black", "temperature", "Cel", "Cel", "Black"),
    number_of("temp_SOIL", "temperature", "Cel", "Cel", "SOIL"), number_of("temp_DS18B20", "temperature", "Cel", "Cel", "DS18B20"), number_of("TempC_SOIL", "temperature", "Cel", "Cel", "SOIL"),
    number_of("Hum_SHT", "relative_humidity", "%", "%"), number_of("Hum_SHT31", "relative_humidity", "%", "%"), number_of("HUM", "relative_humidity", "%", "%"),
    number_of("ILL_lx", "illuminance", "lx", "lx"), number_of("ILL_lux", "illuminance", "lx", "lx"), number_of("Illum", "illuminance", "lx", "lx"),
    number_of("Distance", "distance", "m", "mm"), number_of("distance_cm", "distance", "m", "cm"), number_of("Lidar_distance", "distance", "m", "cm"), number_of("Water_deep_cm", "water_level", "m", "cm"), number_of("Water_deep", "water_level", "m", "cm"),
    number_of("CO2", "co2_concentration", "[ppm]", "[ppm]"), number_of("PM2_5", "pm2_5", "ug/m3", "ug/m3"), number_of("PM10", "pm10", "ug/m3", "ug/m3"),
    truth_of("DOOR_OPEN_STATUS", "door_open"), truth_of("Door_status", "door_open"), truth_of("WATER_LEAK_STATUS", "water_leak_detected"), truth_of("ALARM", "alarm"), truth_of("Alarm", "alarm"), truth_of("Alarm_status", "alarm"), truth_of("Digital_IStatus", "digital_input"),
};

// Cayenne LPP: The Things Stack writes temperature_3, ChirpStack {"temperatureSensor": {"3": …}}.
struct lpp_type {
  std::string_view tts, chirpstack;
  quantity q;
};
constexpr std::array lpp_types{
    lpp_type{"temperature", "temperatureSensor", number_of("", "temperature", "Cel", "Cel")}, lpp_type{"relative_humidity", "humiditySensor", number_of("", "relative_humidity", "%", "%")},
    lpp_type{"barometric_pressure", "barometer", number_of("", "air_pressure", "hPa", "hPa")}, lpp_type{"luminosity", "illuminanceSensor", number_of("", "illuminance", "lx", "lx")},
    lpp_type{"presence", "presenceSensor", truth_of("", "occupancy")}, lpp_type{"digital_in", "digitalInput", truth_of("", "digital_input")}, lpp_type{"digital_out", "digitalOutput", truth_of("", "switch_state")},
    lpp_type{"analog_in", "analogInput", number_of("", "raw_value", "1", "1", "analog_in")}, lpp_type{"analog_out", "analogOutput", number_of("", "raw_value", "1", "1", "analog_out")},
    lpp_type{"voltage", "voltage", number_of("", "voltage", "V", "V")}, lpp_type{"current", "current", number_of("", "current", "A", "A")}, lpp_type{"power", "power", number_of("", "active_power", "W", "W")}, lpp_type{"energy", "energy", number_of("", "energy_import", "kW.h", "kW.h")},
    lpp_type{"distance", "distance", number_of("", "distance", "m", "m")}, lpp_type{"frequency", "frequency", number_of("", "frequency", "Hz", "Hz")}, lpp_type{"switch", "switch", truth_of("", "switch_state")},
    lpp_type{"concentration", "concentration", number_of("", "co2_concentration", "[ppm]", "[ppm]")}, lpp_type{"direction", "direction", number_of("", "wind_direction", "deg", "deg")},
};

// Dragino writes 3276.7 °C or 327.67 °C for a probe that is not there, 20 mm or 0 for an echo that never came; others −127 °C.
bool failed(quantity const& q, double canonical) {
  auto const is = [&](double v) { return std::abs(canonical - v) < 1e-6; };
  if (q.unit == "Cel") return is(3276.7) || is(327.67) || is(-327.68) || is(327.6) || is(-127) || is(-3276.8);
  if (q.metric == "distance") return q.name == "Distance" && (is(0.02) || is(0));
  return q.metric == "relative_humidity" && (is(6553.5) || is(655.35) || is(255));
}

std::optional<bool> state_word(json::value const& v) {
  auto const s = text(&v);
  if (!s) return truth(&v);
  static constexpr std::array yes{"triggered", "uninstalled", "tampered", "tilt", "tilted", "motion", "moving", "h", "high", "leaked", "threshold alarm", "abnormal"};
  static constexpr std::array no{"installed", "untriggered", "no leak", "still", "l", "low", "none", "threshold alarm release", "alarm release", "release", "not triggered"};
  for (std::string_view w : yes)
    if (equal_fold(w, trimmed(*s))) return true;
  for (std::string_view w : no)
    if (equal_fold(w, trimmed(*s))) return false;
  return truth(&v);
}

void add(quantity const& q, std::string_view channel, json::value const& v, std::string_view said, std::optional<core::time_point> t, decoded_element& e) {
  decoded_reading r{std::string(q.metric), std::string(channel), std::string(q.unit), {}};
  r.t = t;
  if (q.as == value_form::truth) {
    auto const b = state_word(v);
    if (!b) return;
    r.v = *b;
  } else {
    if (v.is_bool()) return;
    auto value = value_of(q, v, said);
    auto const* n = value ? std::get_if<double>(&*value) : nullptr;
    if (!n || failed(q, *n)) return;
    r.v = std::move(*value);
  }
  e.readings.push_back(std::move(r));
}

bool read_lpp(std::string_view key, json::value const& v, std::optional<core::time_point> t, decoded_element& e) {
  for (auto const& type : lpp_types) {
    auto const with = [&](std::string_view channel, json::value const& value) {
      add(type.q, type.q.channel.empty() ? std::string(channel) : std::string(type.q.channel) + "/" + std::string(channel), value, {}, t, e);
    };
    if (key == type.chirpstack && v.is_object()) {
      for (auto const& [channel, value] : v.get_object())
        if (channel.size() <= 32) with(channel, value);
      return true;
    }
    if (key.starts_with(type.tts) && key.size() > type.tts.size() + 1 && key[type.tts.size()] == '_') {
      auto const channel = key.substr(type.tts.size() + 1);
      if (channel.size() > 3 || channel.find_first_not_of("0123456789") != std::string_view::npos) continue;
      with(channel, v);
      return true;
    }
  }
  auto const place = [&](json::value const& where, std::string_view channel) {
    for (auto const& [name, metric] : {std::pair{"latitude", "position_latitude"}, std::pair{"longitude", "position_longitude"}})
      if (auto const* c = member(&where, name)) add(number_of("", metric, "deg", "deg"), channel, *c, {}, t, e);
  };
  if (key.starts_with("gps_") && v.is_object()) return place(v, key.substr(4, 32)), true;
  if (key == "gpsLocation" && v.is_object()) {
    for (auto const& [channel, where] : v.get_object())
      if (channel.size() <= 32) place(where, channel);
    return true;
  }
  return false;
}

void read_key(std::string_view key, json::value const& v, json::object const& all, std::optional<core::time_point> t, decoded_element& e) {
  if (key.size() > 64 || read_lpp(key, v, t, e)) return;
  for (auto const& q : fields) {
    if (q.name != key) continue;
    std::string_view said;
    auto const n = number(&v);
    // A clamp (CT10x) speaks of amperes, a socket (WS52x) of milliamperes; the clamp also counts them up.
    if (key == "current" && (all.contains("total_current") || all.contains("current_alarm"))) said = "A";
    // Codecs of other makes put the cell's voltage under "battery"; Milesight's per cents are whole numbers.
    if (key == "battery" && n && *n < 5 && *n != std::floor(*n)) return add(number_of("", "battery_voltage", "V", "V"), "", v, {}, t, e);
    return add(q, q.channel, v, said, t, e);
  }
  // People counters (line_1_total_in), several probes (temperature_chn2), alarms of one quantity (temperature_alarm).
  if (auto const total = key.find("_total_"); key.starts_with("line_") && total != std::string_view::npos) {
    auto const way = key.substr(total + 7);
    if (way == "in" || way == "out") add(number_of("", "crossing_count", "1", "1"), std::string(key.substr(0, total)) + "/" + std::string(way), v, {}, t, e);
    return;
  }
  if (auto const chn = key.rfind("_chn"); chn != std::string_view::npos && chn > 0 && !key.ends_with("_alarm")) {
    auto const name = key.substr(0, chn);
    for (auto const& q : fields)
      if (q.name == name) return add(q, key.substr(chn + 1), v, name == "current" ? "A" : "", t, e);
    if (name == "magnet") add(truth_of("", "door_open"), key.substr(chn + 1), v, {}, t, e);
    return;
  }
  if (key.ends_with("_alarm") && v.is_string()) return add(truth_of("", "alarm"), key.substr(0, key.size() - 6), v, {}, t, e);
  if (key.starts_with("gpio_in")) return add(truth_of("", "digital_input"), key, v, {}, t, e);
  if (key == "firmware_version" && v.is_string() && v.get_string().size() <= max_text)
    return e.readings.push_back({"firmware_version", "", "", std::string(v.get_string()), core::quality::good, t});
  if (auto const* q = quantity_named(key); q && key.size() > 2 && q->as != value_form::word) add(*q, q->channel, v, {}, t, e);
}

void read_history(json::value const& history, decoded_element& e) {
  if (!history.is_array()) return;
  std::size_t rows = 0;
  for (auto const& row : history.get_array()) {
    if (++rows > 1000 || !row.is_object()) return;
    auto const seconds = number(member(&row, "timestamp"));
    auto const t = seconds ? epoch(*seconds) : std::nullopt;
    if (!t) continue;  // a value of the past that does not say when says nothing
    for (auto const& [key, v] : row.get_object())
      if (key != "timestamp") read_key(key, v, row.get_object(), t, e);
  }
}

}  // namespace

void read_lorawan_object(json::value const& object, decoded_element& e) {
  if (!object.is_object()) return;
  for (auto const& [key, v] : object.get_object()) {
    if (key == "history") read_history(v, e);
    else read_key(key, v, object.get_object(), {}, e);
  }
}

}  // namespace ioc::perceive
