#include "perceive/decoders/vocabulary/vocabulary.hpp"

#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

constexpr quantity number_of(std::string_view name, std::string_view metric, std::string_view unit, std::string_view said = {}, std::string_view channel = {}) {
  return {name, metric, channel, unit, said.empty() ? unit : said, value_form::number, false};
}
constexpr quantity truth_of(std::string_view name, std::string_view metric, std::string_view channel = {}, bool inverted = false) {
  return {name, metric, channel, {}, {}, value_form::truth, inverted};
}
constexpr quantity word_of(std::string_view name, std::string_view metric) { return {name, metric, {}, {}, {}, value_form::word, false}; }

// Names in English as platforms' examples and common firmwares write them; '_' between words, small letters.
constexpr std::array english{
    number_of("temperature", "temperature", "Cel"), number_of("temp", "temperature", "Cel"), number_of("t", "temperature", "Cel"),
    number_of("air_temperature", "temperature", "Cel"), number_of("ambient_temperature", "temperature", "Cel"),
    number_of("temperature_c", "temperature", "Cel"), number_of("tempc", "temperature", "Cel"), number_of("temp_c", "temperature", "Cel"),
    number_of("temperature_f", "temperature", "Cel", "[degF]"), number_of("tempf", "temperature", "Cel", "[degF]"), number_of("temp_f", "temperature", "Cel", "[degF]"),
    number_of("device_temperature", "device_temperature", "Cel"), number_of("internal_temperature", "device_temperature", "Cel"),
    number_of("cpu_temperature", "device_temperature", "Cel"), number_of("cpu_temp", "device_temperature", "Cel"), number_of("chip_temperature", "device_temperature", "Cel"),
    number_of("oil_temperature", "top_oil_temperature", "Cel"), number_of("oil_temp", "top_oil_temperature", "Cel"), number_of("top_oil_temperature", "top_oil_temperature", "Cel"),
    number_of("dew_point", "dew_point", "Cel"), number_of("dewpoint", "dew_point", "Cel"),
    number_of("humidity", "relative_humidity", "%"), number_of("relative_humidity", "relative_humidity", "%"), number_of("relativehumidity", "relative_humidity", "%"),
    number_of("hum", "relative_humidity", "%"), number_of("h", "relative_humidity", "%"), number_of("rh", "relative_humidity", "%"),
    number_of("soil_moisture", "soil_moisture", "%"), number_of("soil_humidity", "soil_moisture", "%"), number_of("soilmoisture", "soil_moisture", "%"), number_of("soil_water_content", "soil_moisture", "%"),
    number_of("soil_hum", "soil_moisture", "%"), number_of("moisture", "soil_moisture", "%"), number_of("vwc", "soil_moisture", "%"), number_of("soil_temperature", "temperature", "Cel", "", "soil"), number_of("soil_temp", "temperature", "Cel", "", "soil"),
    number_of("absolute_humidity", "absolute_humidity", "g/m3"),
    number_of("pressure", "air_pressure", "hPa"), number_of("air_pressure", "air_pressure", "hPa"), number_of("barometric_pressure", "air_pressure", "hPa"),
    number_of("atmospheric_pressure", "air_pressure", "hPa"), number_of("atmosphericpressure", "air_pressure", "hPa"), number_of("barometer", "air_pressure", "hPa"), number_of("baro", "air_pressure", "hPa"),
    number_of("luminosity", "illuminance", "lx"), number_of("illuminance", "illuminance", "lx"), number_of("l", "illuminance", "lx"), number_of("lux", "illuminance", "lx"),
    number_of("light_intensity", "illuminance", "lx"), number_of("lightintensity", "illuminance", "lx"), number_of("ambient_light", "illuminance", "lx"), number_of("light_lux", "illuminance", "lx"),
    number_of("uv_index", "uv_index", "1"), number_of("uvi", "uv_index", "1"),
    number_of("co2", "co2_concentration", "[ppm]"), number_of("eco2", "co2_concentration", "[ppm]"), number_of("carbon_dioxide", "co2_concentration", "[ppm]"),
    number_of("co", "co_concentration", "[ppm]"),
    number_of("pm1", "pm1", "ug/m3"), number_of("pm1_0", "pm1", "ug/m3"), number_of("pm25", "pm2_5", "ug/m3"), number_of("pm2_5", "pm2_5", "ug/m3"), number_of("pm2p5", "pm2_5", "ug/m3"),
    number_of("pm4", "pm4", "ug/m3"), number_of("pm4_0", "pm4", "ug/m3"), number_of("pm10", "pm10", "ug/m3"), number_of("pm10_0", "pm10", "ug/m3"),
    number_of("formaldehyde", "formaldehyde", "mg/m3"), number_of("hcho", "formaldehyde", "mg/m3"),
    number_of("tvoc", "tvoc_index", "1"), number_of("voc_index", "voc_index", "1"), number_of("nox_index", "nox_index", "1"),
    number_of("aqi", "air_quality_index", "1"), number_of("air_quality_index", "air_quality_index", "1"),
    number_of("gas_resistance", "gas_resistance", "kOhm", "Ohm"),
    number_of("wind_speed", "wind_speed", "m/s"), number_of("windspeed", "wind_speed", "m/s"), number_of("wind_gust", "wind_gust", "m/s"), number_of("windgust", "wind_gust", "m/s"), number_of("gust", "wind_gust", "m/s"),
    number_of("wind_direction", "wind_direction", "deg"), number_of("winddirection", "wind_direction", "deg"), number_of("wind_dir", "wind_direction", "deg"), number_of("winddir", "wind_direction", "deg"),
    number_of("rain_total", "rainfall_total", "mm"), number_of("rainfall_total", "rainfall_total", "mm"), number_of("total_rain", "rainfall_total", "mm"), number_of("rain_counter", "rainfall_total", "mm"),
    number_of("rain_mm", "rainfall_amount", "mm"), number_of("rainfall", "rainfall_amount", "mm"), number_of("rainfall_amount", "rainfall_amount", "mm"), number_of("rain", "rainfall_amount", "mm"), number_of("precipitation", "rainfall_amount", "mm"),
    number_of("rain_rate", "rainfall_rate", "mm/h"), number_of("rainfall_rate", "rainfall_rate", "mm/h"), number_of("rain_intensity", "rainfall_rate", "mm/h"),
    number_of("water_level", "water_level", "m"), number_of("waterlevel", "water_level", "m"), number_of("level", "water_level", "m"), number_of("river_level", "water_level", "m"),
    number_of("distance", "distance", "m"), number_of("salinity", "salinity", "g/L"), number_of("gate_position", "gate_position", "%"),
    number_of("flow_rate", "water_flow_rate", "m3/h"), number_of("water_flow_rate", "water_flow_rate", "m3/h"), number_of("water_flow", "water_flow_rate", "m3/h"),
    number_of("water_volume", "water_volume", "m3"), number_of("water_total", "water_volume", "m3"), number_of("total_water", "water_volume", "m3"), number_of("water_meter", "water_volume", "m3"),
    number_of("voltage", "voltage", "V"), number_of("volt", "voltage", "V"), number_of("current", "current", "A"), number_of("frequency", "frequency", "Hz"),
    number_of("power", "active_power", "W"), number_of("active_power", "active_power", "W"), number_of("activepower", "active_power", "W"), number_of("apower", "active_power", "W"),
    number_of("apparent_power", "apparent_power", "V.A"), number_of("reactive_power", "reactive_power", "var"),
    number_of("energy", "energy_import", "kW.h"), number_of("total_energy", "energy_import", "kW.h"), number_of("energy_total", "energy_import", "kW.h"), number_of("energy_import", "energy_import", "kW.h"),
    number_of("energy_export", "energy_export", "kW.h"), number_of("energy_today", "energy_today", "kW.h"), number_of("daily_energy", "energy_today", "kW.h"), number_of("energy_yesterday", "energy_yesterday", "kW.h"),
    number_of("power_factor", "power_factor", "1"), number_of("pf", "power_factor", "1"),
    number_of("battery", "battery_level", "%"), number_of("battery_level", "battery_level", "%"), number_of("batterylevel", "battery_level", "%"), number_of("bat", "battery_level", "%"), number_of("batt", "battery_level", "%"),
    number_of("battery_percent", "battery_level", "%"), number_of("battery_percentage", "battery_level", "%"),
    number_of("battery_voltage", "battery_voltage", "V"), number_of("batteryvoltage", "battery_voltage", "V"), number_of("vbat", "battery_voltage", "V"), number_of("vbatt", "battery_voltage", "V"), number_of("bat_v", "battery_voltage", "V"), number_of("batv", "battery_voltage", "V"), number_of("battery_v", "battery_voltage", "V"),
    number_of("rssi", "rssi", "dBm"), number_of("wifi_signal", "rssi", "dBm"), number_of("signal_strength", "rssi", "dBm"), number_of("wifi_rssi", "rssi", "dBm"), number_of("snr", "snr", "dB"), number_of("lsnr", "snr", "dB"),
    number_of("link_quality", "link_quality", "1"), number_of("linkquality", "link_quality", "1"), number_of("lqi", "link_quality", "1"),
    number_of("uptime", "uptime", "s"), number_of("sound_level", "sound_level", "dB[A]"), number_of("laeq", "sound_level", "dB[A]"), number_of("noise_level", "sound_level", "dB[A]"), number_of("noise", "sound_level", "dB[A]"),
    number_of("latitude", "position_latitude", "deg"), number_of("lat", "position_latitude", "deg"),
    number_of("longitude", "position_longitude", "deg"), number_of("lon", "position_longitude", "deg"), number_of("lng", "position_longitude", "deg"),
    number_of("smoke_obscuration", "smoke_obscuration", "%/m"), number_of("smoke_density", "smoke_obscuration", "%/m"), number_of("volume", "volume", "%"), number_of("person_count", "object_count", "1", "", "person"), number_of("people_count", "object_count", "1", "", "person"),
    truth_of("door", "door_open"), truth_of("door_open", "door_open"), truth_of("dooropen", "door_open"), truth_of("open", "door_open"), truth_of("window", "door_open"), truth_of("door_status", "door_open"), truth_of("garage_door", "door_open"),
    truth_of("motion", "motion_detected"), truth_of("pir", "motion_detected"), truth_of("movement", "motion_detected"), truth_of("motion_detected", "motion_detected"),
    truth_of("occupancy", "occupancy"), truth_of("presence", "occupancy"), truth_of("occupied", "occupancy"),
    truth_of("smoke", "smoke_detected"), truth_of("smoke_detected", "smoke_detected"), truth_of("smoke_alarm", "smoke_detected"),
    truth_of("leak", "water_leak_detected"), truth_of("water_leak", "water_leak_detected"), truth_of("leakage", "water_leak_detected"), truth_of("flood", "water_leak_detected"), truth_of("waterleak", "water_leak_detected"), truth_of("water_leak_detected", "water_leak_detected"),
    truth_of("tamper", "tamper"), truth_of("alarm", "alarm"), truth_of("fire", "alarm", "fire"), truth_of("gas", "alarm", "gas"), truth_of("gas_leak", "alarm", "gas"), truth_of("sos", "alarm", "sos"), truth_of("panic", "alarm", "panic"), truth_of("vibration", "alarm", "vibration"),
    truth_of("battery_low", "battery_low"), truth_of("low_battery", "battery_low"), truth_of("batterylow", "battery_low"), truth_of("fault", "device_fault"), truth_of("device_fault", "device_fault"), truth_of("problem", "device_fault"),
    truth_of("switch", "switch_state"), truth_of("relay", "switch_state"), truth_of("switch_state", "switch_state"), truth_of("siren", "siren_state"), truth_of("digital_input", "digital_input"),
    truth_of("online", "online"), truth_of("connected", "online"), truth_of("external_power", "external_power"), truth_of("update_available", "update_available"),
    word_of("firmware_version", "firmware_version"), word_of("firmwareversion", "firmware_version"), word_of("fw_version", "firmware_version"), word_of("fwversion", "firmware_version"), word_of("sw_version", "firmware_version"), word_of("current_fw_version", "firmware_version"),
    word_of("device_state", "device_state"), word_of("license_plate", "license_plate"), word_of("label", "label"),
};

// What Vietnamese installers write, without marks; the head of the phrase comes first.
struct word_pair {
  std::string_view vi, en;
};
constexpr std::array vietnamese{
    word_pair{"nhiet_do", "temperature"}, word_pair{"nhietdo", "temperature"}, word_pair{"do_am", "humidity"}, word_pair{"doam", "humidity"}, word_pair{"do_am_dat", "soil_moisture"}, word_pair{"am_dat", "soil_moisture"}, word_pair{"doamdat", "soil_moisture"}, word_pair{"nhiet_do_dat", "soil_temperature"}, word_pair{"ap_suat", "pressure"}, word_pair{"anh_sang", "illuminance"},
    word_pair{"do_roi", "illuminance"}, word_pair{"muc_nuoc", "water_level"}, word_pair{"mucnuoc", "water_level"}, word_pair{"khoang_cach", "distance"}, word_pair{"luong_mua", "rainfall"}, word_pair{"toc_do_gio", "wind_speed"},
    word_pair{"huong_gio", "wind_direction"}, word_pair{"gio_giat", "wind_gust"}, word_pair{"do_man", "salinity"}, word_pair{"dien_ap", "voltage"}, word_pair{"dong_dien", "current"}, word_pair{"cong_suat", "power"},
    word_pair{"dien_nang", "energy"}, word_pair{"tan_so", "frequency"}, word_pair{"he_so_cong_suat", "power_factor"}, word_pair{"pin", "battery"}, word_pair{"muc_pin", "battery"}, word_pair{"dien_ap_pin", "battery_voltage"},
    word_pair{"song_wifi", "wifi_signal"}, word_pair{"tin_hieu", "rssi"}, word_pair{"tieng_on", "noise"}, word_pair{"do_on", "noise"}, word_pair{"cua", "door"}, word_pair{"chuyen_dong", "motion"}, word_pair{"khoi", "smoke"},
    word_pair{"bao_khoi", "smoke"}, word_pair{"ro_nuoc", "leak"}, word_pair{"ngap", "leak"}, word_pair{"bao_dong", "alarm"}, word_pair{"bao_chay", "fire"}, word_pair{"khi_gas", "gas"}, word_pair{"co_nguoi", "occupancy"}, word_pair{"coi", "siren"}, word_pair{"bui_min", "pm25"},
    word_pair{"luu_luong", "flow_rate"},
};

// Words too short or too common to be taken out of a longer name.
constexpr std::array<std::string_view, 12> only_whole{"t", "h", "l", "open", "level", "co", "lat", "lon", "volume", "label", "switch", "connected"};

std::string plain(std::string_view name) {
  std::string out;
  for (char c : name) {
    bool const letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    else if (letter) out += c;
    else if (!out.empty() && out.back() != '_') out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

quantity const* english_word(std::string_view name) {
  auto const it = std::find_if(english.begin(), english.end(), [&](quantity const& q) { return q.name == name; });
  return it == english.end() ? nullptr : &*it;
}

quantity const* vietnamese_word(std::string_view name) {
  auto const it = std::find_if(vietnamese.begin(), vietnamese.end(), [&](word_pair const& w) { return w.vi == name; });
  return it == vietnamese.end() ? nullptr : english_word(it->en);
}

}  // namespace

quantity const* quantity_named(std::string_view name) {
  if (name.size() > 64) return nullptr;
  auto const p = plain(name);
  if (auto const* q = english_word(p)) return q;
  return vietnamese_word(p);
}

quantity const* quantity_within(std::string_view name) {
  if (name.size() > 128) return nullptr;
  auto const p = plain(name);
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] == '_') starts.push_back(i + 1);
  starts.push_back(p.size() + 1);
  auto const words = starts.size() - 1;
  for (std::size_t length = std::min<std::size_t>(words, 4); length > 0; --length) {
    // English has its head last ("door battery"), Vietnamese first ("pin cửa").
    quantity const* last = nullptr;
    for (std::size_t i = 0; i + length <= words; ++i) {
      auto const part = std::string_view(p).substr(starts[i], starts[i + length] - starts[i] - 1);
      if (words > 1 && std::find(only_whole.begin(), only_whole.end(), part) != only_whole.end()) continue;
      if (auto const* q = vietnamese_word(part)) return q;
      if (auto const* q = english_word(part)) last = q;
    }
    if (last) return last;
  }
  return nullptr;
}

std::optional<core::value> value_of(quantity const& q, json::value const& v, std::string_view said) {
  if (is_missing(v)) return std::nullopt;
  if (q.as == value_form::truth) {
    auto const b = truth(&v);
    return b ? std::optional<core::value>(*b != q.inverted) : std::nullopt;
  }
  if (q.as == value_form::word) {
    if (auto const s = text(&v)) return s->size() <= max_text ? std::optional<core::value>(std::string(*s)) : std::nullopt;
    return v.is_number() ? std::optional<core::value>(json::serialize(v)) : std::nullopt;
  }
  if (said.empty()) said = q.said;
  auto const in_unit = [&](double n, std::string_view unit) -> std::optional<core::value> {
    auto const c = convert(n, unit, q.unit);
    return c ? std::optional<core::value>(*c) : std::nullopt;
  };
  if (auto const n = number(&v)) return in_unit(*n, said);
  auto const s = text(&v);
  if (!s) return std::nullopt;
  // A comma or anything else that is no unit makes the whole text unreadable: half a number is a wrong number.
  auto const spoken = number_with_unit(*s);
  return spoken ? in_unit(spoken->v, ucum_of(spoken->unit)) : std::nullopt;
}

std::optional<quantity> quantity_of_setting(decoder_settings const* settings, std::string_view key) {
  if (!settings) return std::nullopt;
  auto const it = settings->words.find("name:" + std::string(key));
  if (it == settings->words.end()) return std::nullopt;
  std::string_view target = it->second;
  auto const space = target.find(' ');
  auto const unit = space == std::string_view::npos ? std::string_view{} : trimmed(target.substr(space));
  target = target.substr(0, space);
  auto const slash = target.find('/');
  auto const metric = target.substr(0, slash);
  auto const known = std::find_if(english.begin(), english.end(), [&](quantity const& q) { return q.metric == metric; });
  quantity q = known == english.end() ? number_of(key, "", "") : *known;
  q.metric = metric;
  q.said = unit.empty() ? q.unit : ucum_of(unit);
  if (known == english.end()) q.unit = q.said;  // a metric that only the table knows: the hearer converts
  q.inverted = false;
  q.channel = slash == std::string_view::npos ? std::string_view{} : target.substr(slash + 1);
  return q;
}

void read_named(std::string_view key, json::value const& v, std::string_view channel, decoder_settings const* settings, decoded_element& e) {
  if (key.empty() || key.size() > 128 || is_missing(v)) return;
  auto const add = [&](std::string_view metric, std::string_view own_channel, std::string_view unit, core::value value) {
    e.readings.push_back({std::string(metric), std::string(channel.empty() ? own_channel : channel), std::string(unit), std::move(value)});
  };
  if (auto const set = quantity_of_setting(settings, key)) {
    if (auto value = value_of(*set, v)) add(set->metric, set->channel, set->unit, std::move(*value));
    return;
  }
  auto const* q = quantity_named(key);
  auto own = q ? q->channel : key;
  if (!q) q = quantity_within(key);
  if (q) {
    if (auto value = value_of(*q, v)) return add(q->metric, own, q->unit, std::move(*value));
    // A known name with another kind of value ("smoke": 0.4, "gas": 412) is kept as what it is; text that is no number is not.
    if (!v.is_number() && !v.is_bool()) return;
  }
  std::string const kept = channel.empty() ? std::string(key) : std::string(channel) + "/" + std::string(key);
  channel = {};
  if (v.is_bool()) add("digital_input", kept, "", v.get_bool());
  else if (auto const n = number(&v)) add("raw_value", kept, "1", *n);
  else if (auto const s = text(&v); s && s->size() <= max_text) add("label", kept, "", std::string(*s));
}

bool tells_of_an_event(decoded_element const& e) {
  bool moved = false, measured = false;
  for (auto const& r : e.readings) {
    auto const& m = r.metric;
    if (m == "water_leak_detected" || m == "door_open" || m == "smoke_detected" || m == "tamper" || m == "alarm" || m == "line_crossing") return true;
    moved = moved || m == "motion_detected" || m == "occupancy";
    measured = measured || m == "temperature" || m == "relative_humidity" || m == "co2_concentration";
  }
  return moved && !measured;
}

}  // namespace ioc::perceive
