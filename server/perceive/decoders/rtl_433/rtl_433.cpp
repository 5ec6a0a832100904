#include "perceive/decoders/rtl_433/rtl_433.hpp"

#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// The unit behind a key: canonical value = v · factor, converted from `ucum`. Longer endings first.
struct ending {
  std::string_view text, ucum;
  double factor = 1;
};
constexpr std::array endings{
    ending{"_mm_h", "mm/h"}, ending{"_in_h", "mm/h", 25.4}, ending{"_km_h", "km/h"}, ending{"_mi_h", "[mi_i]/h"}, ending{"_mph", "[mi_i]/h"}, ending{"_kph", "km/h"}, ending{"_m_s", "m/s"},
    ending{"_ug_m3", "ug/m3"}, ending{"_mg_m3", "mg/m3"}, ending{"_hPa", "hPa"}, ending{"_kPa", "kPa"}, ending{"_PSI", "hPa", 68.94757293168}, ending{"_psi", "hPa", 68.94757293168}, ending{"_bar", "bar"}, ending{"_inHg", "hPa", 33.8638866667},
    ending{"_klx", "lx", 1000}, ending{"_lux", "lx"}, ending{"_lx", "lx"}, ending{"_deg", "deg"}, ending{"_ppm", "[ppm]"}, ending{"_ppb", "[ppb]"}, ending{"_kWh", "kW.h"}, ending{"_Wh", "W.h"}, ending{"_kW", "kW"},
    ending{"_mV", "mV"}, ending{"_mA", "mA"}, ending{"_Hz", "Hz"}, ending{"_inch", "[in_i]"}, ending{"_pct", "%"}, ending{"_perc", "%"}, ending{"_mm", "mm"}, ending{"_cm", "cm"}, ending{"_in", "[in_i]"}, ending{"_m3", "m3"}, ending{"_m", "m"},
    ending{"_C", "Cel"}, ending{"_F", "[degF]"}, ending{"_V", "V"}, ending{"_A", "A"}, ending{"_W", "W"}, ending{"_VA", "V.A"}, ending{"_VAR", "var"}, ending{"_dB", "dB"},
};

// A key without its unit. `unit` canonical, `said` what a bare number means; `rain`: inches are a depth of water, kept in mm.
constexpr quantity num(std::string_view key, std::string_view metric, std::string_view unit, std::string_view channel = {}) { return {key, metric, channel, unit, unit, value_form::number, false}; }
constexpr quantity yes(std::string_view key, std::string_view metric, std::string_view channel = {}, bool inverted = false) { return {key, metric, channel, {}, {}, value_form::truth, inverted}; }

constexpr std::array keys{
    num("temperature", "temperature", "Cel"), num("dewpoint", "dew_point", "Cel"), num("dew_point", "dew_point", "Cel"), num("probe_temperature", "temperature", "Cel", "probe"), num("temperature_probe", "temperature", "Cel", "probe"), num("ground_temperature", "temperature", "Cel", "ground"),
    num("humidity", "relative_humidity", "%"), num("moisture", "soil_moisture", "%"), num("soil_moisture", "soil_moisture", "%"), num("pressure", "air_pressure", "hPa"),
    num("wind_dir", "wind_direction", "deg"), num("wind_direction", "wind_direction", "deg"), num("direction", "wind_direction", "deg"),
    num("wind_avg", "wind_speed", "m/s"), num("wind_speed", "wind_speed", "m/s"), num("average", "wind_speed", "m/s"), num("wind_max", "wind_gust", "m/s"), num("wind_gust", "wind_gust", "m/s"), num("gust_speed", "wind_gust", "m/s"), num("gust", "wind_gust", "m/s"),
    num("rain", "rainfall_total", "mm"), num("rain_total", "rainfall_total", "mm"), num("rainfall", "rainfall_total", "mm"), num("rainfall_accumulation", "rainfall_total", "mm"), num("total_rain", "rainfall_total", "mm"), num("rain_rate", "rainfall_rate", "mm/h"), num("rainfall_rate", "rainfall_rate", "mm/h"),
    num("light", "illuminance", "lx"), num("lux", "illuminance", "lx"), num("uvi", "uv_index", "1"), num("uv_index", "uv_index", "1"),
    num("co2", "co2_concentration", "[ppm]"), num("pm1", "pm1", "ug/m3"), num("pm1_0", "pm1", "ug/m3"), num("pm2_5", "pm2_5", "ug/m3"), num("pm25", "pm2_5", "ug/m3"), num("pm4", "pm4", "ug/m3"), num("pm4_0", "pm4", "ug/m3"), num("pm10", "pm10", "ug/m3"), num("pm10_0", "pm10", "ug/m3"),
    num("depth", "distance", "m"), num("distance", "distance", "m"), num("snr", "snr", "dB"),
    num("voltage", "voltage", "V"), num("current", "current", "A"), num("power", "active_power", "W"), num("energy", "energy_import", "kW.h"), num("total", "energy_import", "kW.h"), num("frequency", "frequency", "Hz"), num("powerfactor", "power_factor", "1"),
    num("battery", "battery_voltage", "V"), num("consumption", "meter_reading", "1"), num("consumption_data", "meter_reading", "1"), num("LastConsumptionCount", "meter_reading", "1"), num("volume", "water_volume", "m3"),
    yes("contact_open", "door_open"), yes("reed_open", "door_open"), yes("opened", "door_open"), yes("open", "door_open"), yes("closed", "door_open", "", true), yes("state", "door_open"),
    yes("motion", "motion_detected"), yes("leak_detected", "water_leak_detected"), yes("leak", "water_leak_detected"), yes("water_leak", "water_leak_detected"), yes("detect_wet", "water_leak_detected"), yes("tamper", "tamper"), yes("alarm", "alarm"), yes("smoke", "smoke_detected"), yes("smoke_alarm", "smoke_detected"), yes("panic", "alarm", "panic"), yes("sos", "alarm", "sos"),
};

// What names the sensor or describes the reception; no measurement.
constexpr std::array<std::string_view, 29> no_values{"time", "model", "id", "channel", "type", "subtype", "mic", "protocol", "mod", "freq", "freq1", "freq2", "rssi", "noise", "brand", "sequence_num", "rowcount", "button", "test", "learn", "flags", "data", "unit", "code", "house_code", "device", "sid", "raw_msg", "exception"};

quantity const* known(std::string_view key) {
  auto const it = std::find_if(keys.begin(), keys.end(), [&](quantity const& q) { return q.name == key; });
  return it == keys.end() ? nullptr : &*it;
}

// temperature_2 → temperature, "2"; power1 → power, "1".
quantity const* numbered(std::string_view key, std::string_view& channel) {
  auto const last = key.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last + 1 == key.size()) return nullptr;
  channel = key.substr(last + 1);
  auto name = key.substr(0, last + 1);
  if (name.ends_with('_')) name.remove_suffix(1);
  return known(name);
}

void read_battery(json::value const& v, decoded_element& e) {
  if (auto const s = text(&v); s && !decimal(*s)) {
    if (equal_fold(*s, "OK") || equal_fold(*s, "LOW")) e.readings.push_back({"battery_low", "", "", equal_fold(*s, "LOW")});
    return;
  }
  auto const n = v.is_bool() ? std::optional(v.get_bool() ? 1.0 : 0.0) : number(&v);
  if (!n || *n < 0 || *n > 1) return;
  // 1 and 0 are all that most sensors know; a fraction is a level between empty and full.
  if (*n != 0 && *n != 1) e.readings.push_back({"battery_level", "", "%", *n * 100});
  e.readings.push_back({"battery_low", "", "", *n < 0.2});
}

void read_key(std::string_view key, json::value const& v, bool tyre, decoded_element& e) {
  if (key.size() > 64 || is_missing(v) || std::find(no_values.begin(), no_values.end(), key) != no_values.end()) return;
  if (key == "battery_ok" || (key == "battery" && v.is_string())) return read_battery(v, e);
  auto const add = [&](quantity const& q, std::string_view channel, std::optional<core::value> value) {
    if (value) e.readings.push_back({std::string(q.metric), std::string(channel), std::string(q.unit), std::move(*value)});
  };
  std::string_view channel;
  for (auto const& end : endings) {
    if (!key.ends_with(end.text) || key.size() == end.text.size()) continue;
    auto const name = key.substr(0, key.size() - end.text.size());
    auto const* q = known(name);
    if (!q) q = numbered(name, channel);
    if (!q || q->as != value_form::number || (tyre && q->metric == "air_pressure")) return;
    auto const n = number(&v);
    if (!n) return;
    auto c = convert(*n * end.factor, end.ucum, q->unit);
    if (!c && q->unit == "mm") {
      auto const metres = convert(*n, end.ucum, "m");
      if (metres) c = *metres * 1000;
    }
    if (c) add(*q, q->channel.empty() ? channel : q->channel, *c);
    return;
  }
  auto const* q = known(key);
  if (!q) q = numbered(key, channel);
  // A unit is part of the key: "power": 3 without one may be anything, but for what has none (humidity, indices, counters).
  static constexpr std::array<std::string_view, 9> unitless{"relative_humidity", "soil_moisture", "uv_index", "meter_reading", "snr", "wind_direction", "power_factor", "current", "illuminance"};
  if (!q || (q->as == value_form::number && std::find(unitless.begin(), unitless.end(), q->metric) == unitless.end())) return;
  add(*q, q->channel.empty() ? channel : q->channel, value_of(*q, v));
}

std::string word_of(json::value const* v) {
  if (auto const s = text(v)) return cut(*s, 64);
  return v && v->is_number() ? json::serialize(*v) : std::string();
}

decoded read_event(decode_input const& in) {
  json_text const doc(in.payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("an event of rtl_433 is an object");
  auto native = word_of(member(&doc.root, "model"));
  if (native.empty()) return decoded::rejected("an event of rtl_433 names its model");
  for (auto const* part : {"channel", "id"})
    if (auto const w = word_of(member(&doc.root, part)); !w.empty()) native += "/" + w;
  auto d = decoded::of(message_kind::telemetry, std::move(native));
  auto& e = d.elements.front();
  e.content = hash_of(in.payload);
  if (auto const* t = member(&doc.root, "time"); t && !t->is_null()) {
    e.t = instant(t, in.settings);
    e.time_refused = !e.t;
  }
  bool const tyre = text(member(&doc.root, "type")) == std::optional<std::string_view>("TPMS");
  for (auto const& [key, v] : doc.root.get_object()) read_key(key, v, tyre, e);
  if (e.readings.empty()) return decoded::ignored("a reception without a value that is known");
  if (tells_of_an_event(e)) d.kind = message_kind::event;
  return d;
}

}  // namespace

decoded decode_rtl_433(decode_input const& in) {
  auto const level = topic_levels(in.topic);
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored("empty payload");
  auto const last = level.back();
  if (last == "availability" || last == "status") {
    auto const up = truth(payload);
    if (!up || level.size() < 2) return decoded::rejected("availability is online or offline");
    auto d = decoded::of(message_kind::status, std::string(level[level.size() - 2]));
    d.elements.front().online = *up;
    d.elements.front().content = hash_of(payload);
    d.elements.front().readings.push_back({"online", "", "", *up});
    return d;
  }
  if (last == "events") return read_event(in);
  if (last == "states") return decoded::ignored("the receiver's own settings are not kept", message_kind::status);

  // One scalar a topic. The base is the installer's text: the sensor begins behind "devices", else behind "rtl_433".
  auto base = std::find(level.begin(), level.end(), "devices");
  if (base == level.end()) base = std::find(level.begin(), level.end(), "rtl_433");
  if (base == level.end() || level.end() - base < 3) {
    if (payload.starts_with('{')) return read_event(in);  // an events topic of another name
    return decoded::rejected("not a topic of rtl_433");
  }
  if (payload.starts_with('{')) return read_event(in);
  if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");
  std::string native;
  for (auto it = base + 1; it != level.end() - 1; ++it) native += (native.empty() ? "" : "/") + std::string(*it);
  auto d = decoded::of(message_kind::telemetry, std::move(native));
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(in.topic));
  json::value const v(json::string_view(payload.data(), payload.size()));
  read_key(last, v, false, e);
  if (e.readings.empty()) return decoded::ignored("a field that is not known or has no value");
  if (tells_of_an_event(e)) d.kind = message_kind::event;
  return d;
}

}  // namespace ioc::perceive
