#include "perceive/decoders/sparkplug_b/names.hpp"

#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace ioc::perceive::sparkplug {
namespace {

struct spelling {
  std::string_view written, ucum;
};
// Units as nameplates and SCADA systems write them. A few stand only here, as UCUM calls them something else.
constexpr std::array spellings{
    spelling{"W", "W"}, spelling{"kW", "kW"}, spelling{"KW", "kW"}, spelling{"MW", "MW"}, spelling{"Watt", "W"}, spelling{"Watts", "W"},
    spelling{"VA", "V.A"}, spelling{"kVA", "kV.A"}, spelling{"KVA", "kV.A"}, spelling{"var", "var"}, spelling{"VAR", "var"}, spelling{"VAr", "var"},
    spelling{"kvar", "kvar"}, spelling{"kVAr", "kvar"}, spelling{"kVAR", "kvar"}, spelling{"kWh", "kW.h"}, spelling{"KWh", "kW.h"}, spelling{"KWH", "kW.h"}, spelling{"kWH", "kW.h"},
    spelling{"kW.h", "kW.h"}, spelling{"Wh", "W.h"}, spelling{"MWh", "MW.h"}, spelling{"kvarh", "kvar.h"}, spelling{"kVArh", "kvar.h"}, spelling{"kVARh", "kvar.h"},
    spelling{"varh", "var.h"}, spelling{"V", "V"}, spelling{"kV", "kV"}, spelling{"KV", "kV"}, spelling{"mV", "mV"}, spelling{"Volt", "V"}, spelling{"Volts", "V"},
    spelling{"VAC", "V"}, spelling{"VDC", "V"}, spelling{"A", "A"}, spelling{"mA", "mA"}, spelling{"kA", "kA"}, spelling{"Amp", "A"}, spelling{"Amps", "A"},
    spelling{"Ampere", "A"}, spelling{"Hz", "Hz"}, spelling{"HZ", "Hz"}, spelling{"C", "Cel"}, spelling{"°C", "Cel"}, spelling{"℃", "Cel"}, spelling{"degC", "Cel"},
    spelling{"deg C", "Cel"}, spelling{"Cel", "Cel"}, spelling{"Celsius", "Cel"}, spelling{"F", "[degF]"}, spelling{"°F", "[degF]"}, spelling{"degF", "[degF]"},
    spelling{"deg F", "[degF]"}, spelling{"K", "K"}, spelling{"%", "%"}, spelling{"pct", "%"}, spelling{"percent", "%"}, spelling{"%RH", "%"}, spelling{"RH%", "%"},
    spelling{"m", "m"}, spelling{"mm", "mm"}, spelling{"cm", "cm"}, spelling{"ft", "[ft_i]"}, spelling{"in", "[in_i]"}, spelling{"m3", "m3"}, spelling{"m³", "m3"},
    spelling{"L", "L"}, spelling{"l", "L"}, spelling{"m3/h", "m3/h"}, spelling{"m³/h", "m3/h"}, spelling{"m3/s", "m3/s"}, spelling{"m³/s", "m3/s"},
    spelling{"L/s", "L/s"}, spelling{"l/s", "L/s"}, spelling{"L/min", "L/min"}, spelling{"l/min", "L/min"}, spelling{"L/h", "L/h"}, spelling{"l/h", "L/h"},
    spelling{"hPa", "hPa"}, spelling{"Pa", "Pa"}, spelling{"kPa", "kPa"}, spelling{"mbar", "mbar"}, spelling{"bar", "bar"}, spelling{"ppm", "[ppm]"},
    spelling{"ppb", "[ppb]"}, spelling{"lx", "lx"}, spelling{"lux", "lx"}, spelling{"Lux", "lx"}, spelling{"dB", "dB[A]"}, spelling{"dBA", "dB[A]"}, spelling{"dB(A)", "dB[A]"},
    spelling{"dBm", "dBm"}, spelling{"m/s", "m/s"}, spelling{"km/h", "km/h"}, spelling{"deg", "deg"}, spelling{"°", "deg"}, spelling{"mm/h", "mm/h"},
    spelling{"ug/m3", "ug/m3"}, spelling{"µg/m³", "ug/m3"}, spelling{"μg/m³", "ug/m3"}, spelling{"mg/m3", "mg/m3"}, spelling{"g/L", "g/L"}, spelling{"g/l", "g/L"},
    spelling{"ppt", "g/L"}, spelling{"s", "s"}, spelling{"min", "min"}, spelling{"h", "h"}, spelling{"1", "1"},
};

std::string_view ucum_of(std::string_view written) {
  for (auto const& s : spellings)
    if (s.written == written) return s.ucum;
  return {};
}

struct quantity {
  std::string_view metric, unit;
};
constexpr std::array quantities{
    quantity{"active_power", "W"}, quantity{"active_power_import", "W"}, quantity{"active_power_export", "W"}, quantity{"apparent_power", "V.A"},
    quantity{"reactive_power", "var"}, quantity{"voltage", "V"}, quantity{"current", "A"}, quantity{"frequency", "Hz"}, quantity{"power_factor", "1"},
    quantity{"energy_import", "kW.h"}, quantity{"energy_export", "kW.h"}, quantity{"energy_net", "kW.h"}, quantity{"energy_today", "kW.h"},
    quantity{"energy_yesterday", "kW.h"}, quantity{"reactive_energy_import", "kvar.h"}, quantity{"reactive_energy_export", "kvar.h"},
    quantity{"water_volume", "m3"}, quantity{"water_flow_rate", "m3/h"}, quantity{"temperature", "Cel"}, quantity{"device_temperature", "Cel"},
    quantity{"top_oil_temperature", "Cel"}, quantity{"dew_point", "Cel"}, quantity{"relative_humidity", "%"}, quantity{"air_pressure", "hPa"},
    quantity{"co2_concentration", "[ppm]"}, quantity{"co_concentration", "[ppm]"}, quantity{"pm1", "ug/m3"}, quantity{"pm2_5", "ug/m3"},
    quantity{"pm10", "ug/m3"}, quantity{"illuminance", "lx"}, quantity{"sound_level", "dB[A]"}, quantity{"wind_speed", "m/s"}, quantity{"wind_gust", "m/s"},
    quantity{"wind_direction", "deg"}, quantity{"rainfall_total", "mm"}, quantity{"rainfall_amount", "mm"}, quantity{"rainfall_rate", "mm/h"},
    quantity{"soil_moisture", "%"}, quantity{"distance", "m"}, quantity{"water_level", "m"}, quantity{"salinity", "g/L"}, quantity{"battery_level", "%"}, quantity{"battery_voltage", "V"},
    quantity{"transformer_load", "%"}, quantity{"gate_position", "%"}, quantity{"volume", "%"}, quantity{"rssi", "dBm"}, quantity{"snr", "dB"},
    quantity{"uptime", "s"}, quantity{"raw_value", "1"},
};

// The words of a name, in small letters: "Meter/L1_activePower kW" → meter l1 active power kw. A run of capitals stays one word.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> out;
  std::string word;
  auto const end = [&] {
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  auto const is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  auto const is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  for (std::size_t i = 0; i < name.size(); ++i) {
    char const c = name[i];
    bool const digit = c >= '0' && c <= '9';
    if (!is_lower(c) && !is_upper(c) && !digit) {
      // PM2.5 is one word, and so are letters beyond ASCII.
      if (static_cast<unsigned char>(c) < 0x80 && !(c == '.' && word.starts_with("pm"))) end();
      else word += c == '.' ? '_' : c;
      continue;
    }
    if (is_upper(c) && i > 0 && is_lower(name[i - 1])) end();
    word += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  end();
  return out;
}

class word_set {
 public:
  explicit word_set(std::vector<std::string> w) : words_(std::move(w)) {}
  template <class... T>
  bool any(T... w) const {
    return (has(w) || ...);
  }
  template <class... T>
  bool all(T... w) const {
    return (has(w) && ...);
  }

 private:
  bool has(std::string_view w) const { return std::find(words_.begin(), words_.end(), w) != words_.end(); }
  std::vector<std::string> words_;
};

struct found {
  std::string_view metric;
  bool inverted = false;
};

found boolean_name(word_set const& w) {
  if (w.any("door", "gate", "hatch", "cover") && w.any("open", "opened")) return {"door_open"};
  if (w.any("door", "gate", "hatch", "cover") && w.any("closed", "close")) return {"door_open", true};
  if (w.any("smoke")) return {"smoke_detected"};
  if (w.any("leak", "leakage", "flood", "flooded")) return {"water_leak_detected"};
  if (w.any("motion", "pir")) return {"motion_detected"};
  if (w.any("occupancy", "occupied", "presence")) return {"occupancy"};
  if (w.any("tamper", "tampered")) return {"tamper"};
  if (w.all("battery", "low")) return {"battery_low"};
  if (w.any("fault", "faulted", "failure", "failed", "trip", "tripped", "error")) return {"device_fault"};
  if (w.any("alarm")) return {"alarm"};
  if (w.any("siren")) return {"siren_state"};
  if (w.all("external", "power") || w.all("mains", "present") || w.all("mains", "ok")) return {"external_power"};
  if (w.any("breaker", "switch", "contactor", "relay", "output", "outlet", "recloser", "disconnector")) {
    if (w.any("open", "opened", "off")) return {"switch_state", true};
    return {"switch_state"};
  }
  if (w.any("running", "run", "pump", "motor", "light", "lamp", "fan") && !w.any("ready", "available", "auto", "manual", "remote", "local")) return {"switch_state"};
  return {"digital_input"};
}

// Electricity first: its words are the most certain. `current` comes last, as it also means "present".
std::string_view number_name(word_set const& w) {
  // A limit, a target or a statistic of a quantity is not the quantity.
  if (w.any("setpoint", "sp", "limit", "threshold", "nominal", "rated", "thd", "harmonic", "harmonics", "unbalance", "imbalance", "angle", "ratio", "max", "min",
            "maximum", "minimum", "demand", "average", "avg", "target", "deadband", "hysteresis", "offset", "gain", "scale", "count", "counter_reset"))
    return {};
  if (w.any("battery", "batt")) return w.any("voltage", "volt", "volts", "v") ? "battery_voltage" : w.any("level", "charge", "soc", "percent", "pct", "capacity") ? "battery_level" : std::string_view{};
  if (w.any("pf", "cosphi") || w.all("power", "factor") || w.all("cos", "phi")) return "power_factor";
  bool const reactive = w.any("reactive", "kvar", "kvarh", "var", "varh");
  bool const out = w.any("export", "exported", "exp", "received", "generated", "generation", "reverse", "produced", "production");
  bool const in = w.any("import", "imported", "imp", "delivered", "consumed", "consumption", "forward");
  if (w.any("energy", "kwh", "wh", "mwh", "kvarh", "varh")) {
    if (w.any("apparent", "kvah", "vah")) return {};
    if (reactive) return out ? "reactive_energy_export" : "reactive_energy_import";
    if (w.any("today", "daily")) return "energy_today";
    if (w.any("yesterday")) return "energy_yesterday";
    if (w.any("net")) return "energy_net";
    return out ? "energy_export" : "energy_import";
  }
  if (w.any("power", "kw", "kva", "kvar", "watt", "watts", "wattage")) {
    if (reactive) return "reactive_power";
    if (w.any("apparent", "kva", "va")) return "apparent_power";
    if (w.any("quality", "cycle", "cycles", "on", "off", "supply") && !w.any("active", "kw", "watt", "watts", "wattage")) return {};
    return out ? "active_power_export" : in ? "active_power_import" : "active_power";
  }
  if (w.any("voltage", "volt", "volts")) return "voltage";
  if (w.any("frequency", "freq", "hz")) return "frequency";
  if (w.any("transformer") && w.any("load", "loading")) return "transformer_load";
  if (w.all("dew", "point") || w.any("dewpoint")) return "dew_point";
  if (w.any("temperature", "temp")) {
    if (w.any("oil")) return "top_oil_temperature";
    if (w.any("cpu", "board", "chip", "controller", "processor", "internal")) return "device_temperature";
    return "temperature";
  }
  if (w.any("soil") && w.any("moisture", "humidity", "vwc")) return "soil_moisture";
  if (w.any("humidity", "rh")) return "relative_humidity";
  if (w.any("pressure") && w.any("air", "barometric", "atmospheric", "ambient")) return "air_pressure";
  if (w.any("co2")) return "co2_concentration";
  if (w.any("co") && w.any("gas", "concentration", "ppm", "level")) return "co_concentration";
  if (w.any("pm2_5", "pm25")) return "pm2_5";
  if (w.any("pm10")) return "pm10";
  if (w.any("pm1", "pm1_0")) return "pm1";
  if (w.any("illuminance", "lux")) return "illuminance";
  if (w.any("laeq") || (w.any("sound", "noise") && w.any("level", "pressure"))) return "sound_level";
  if (w.any("wind")) {
    if (w.any("direction", "dir")) return "wind_direction";
    if (w.any("gust")) return "wind_gust";
    return w.any("speed") ? "wind_speed" : std::string_view{};
  }
  if (w.any("rain", "rainfall", "precipitation")) {
    if (w.any("rate", "intensity")) return "rainfall_rate";
    // A plain "Rainfall" may be a counter or an interval's amount: the name alone must not decide.
    return w.any("total", "accumulated", "cumulative", "counter") ? "rainfall_total" : std::string_view{};
  }
  if (w.any("level", "stage") && w.any("water", "river", "canal", "reservoir", "lake", "tide", "upstream", "downstream", "flood", "well", "stage")) return "water_level";
  if (w.any("distance")) return "distance";
  if (w.any("salinity")) return "salinity";
  if (w.any("gate", "sluice") && w.any("position", "opening")) return "gate_position";
  if (w.any("water") && w.any("flow", "flowrate", "discharge")) return "water_flow_rate";
  if (w.any("water") && w.any("volume", "total", "consumption", "meter")) return "water_volume";
  if (w.any("rssi") || (w.any("signal") && w.any("strength"))) return "rssi";
  if (w.any("snr")) return "snr";
  if (w.any("uptime")) return "uptime";
  if (w.any("current", "amps", "ampere", "amperes", "amperage")) return "current";
  return {};
}

// A unit that only one quantity has, at the places we serve. Pressure, flow and temperature are not among them: of what?
std::string_view unit_name(std::string_view ucum) {
  if (ucum == "W" || ucum == "kW" || ucum == "MW") return "active_power";
  if (ucum == "V.A" || ucum == "kV.A") return "apparent_power";
  if (ucum == "var" || ucum == "kvar") return "reactive_power";
  if (ucum == "kvar.h" || ucum == "var.h") return "reactive_energy_import";
  if (ucum == "kW.h" || ucum == "W.h" || ucum == "MW.h") return "energy_import";
  if (ucum == "V" || ucum == "kV") return "voltage";
  if (ucum == "A" || ucum == "kA") return "current";
  if (ucum == "Hz") return "frequency";
  if (ucum == "Cel" || ucum == "[degF]") return "temperature";
  if (ucum == "lx") return "illuminance";
  return {};
}

// What stands last in the name, or in brackets there: "Total Power (kW)", "Energy Import kWh", "level_mm".
std::string_view unit_in_name(std::string_view name) {
  while (!name.empty() && (name.back() == ')' || name.back() == ']' || name.back() == ' ')) name.remove_suffix(1);
  for (auto const& separators : {std::string_view("(["), std::string_view(" "), std::string_view("_-")}) {
    auto const at = name.find_last_of(separators);
    if (at == std::string_view::npos) continue;
    if (auto const u = ucum_of(name.substr(at + 1)); !u.empty()) return u;
  }
  return {};
}

bool fits(std::string_view metric, std::string_view ucum) { return convert(1, ucum, canonical_unit(metric)).has_value(); }

// "water_level mm" or "water_level": what the source's settings say of this name. False: they say nothing of use.
bool from_settings(std::string_view name, decoder_settings const* settings, declared_metric& out) {
  if (!settings) return false;
  auto const said = settings->word("name:" + std::string(name), "");
  if (said.empty()) return false;
  auto const space = said.find(' ');
  out.metric = said.substr(0, space);
  out.unit = space == std::string_view::npos ? canonical_unit(out.metric) : trimmed(said.substr(space + 1));
  return true;
}

}  // namespace

std::string_view canonical_unit(std::string_view metric) {
  for (auto const& q : quantities)
    if (q.metric == metric) return q.unit;
  return {};
}

declared_metric name_metric(metric const& m, std::optional<std::uint32_t> type, decoder_settings const* settings) {
  declared_metric out;
  auto const name = m.name.value_or("");
  out.type = type.value_or(0);
  if (name == "bdSeq" || name.starts_with("Node Control/") || name.starts_with("Device Control/")) return out;
  if (from_settings(name, settings, out)) return out;
  auto const t = static_cast<datatype>(out.type);
  bool const textual = t == datatype::string || t == datatype::text || t == datatype::uuid || t == datatype::date_time || t == datatype::string_array ||
                       t == datatype::date_time_array || (t == datatype::unknown && m.value == metric::field::string);
  if (textual) {
    out.metric = "label";
    word_set const w(words_of(name));
    if ((w.any("firmware", "fw") && w.any("version", "ver", "rev", "revision", "firmware")) || w.all("software", "version")) out.metric = "firmware_version";
    return out;
  }
  word_set const w(words_of(name));
  if (t == datatype::boolean || t == datatype::boolean_array || (t == datatype::unknown && m.value == metric::field::boolean)) {
    auto const f = boolean_name(w);
    out.metric = f.metric;
    out.inverted = f.inverted;
    return out;
  }
  auto const said = m.unit.empty() ? std::string_view{} : ucum_of(m.unit);
  auto const metric = number_name(w);
  // A unit that we do not know, or one of something else, outweighs the words: "Pump Power" in bar is no power.
  bool const contradicts = !m.unit.empty() && (said.empty() || (!metric.empty() && !fits(metric, said)));
  if (!metric.empty() && !contradicts) {
    out.metric = metric;
    auto const written = unit_in_name(name);
    out.unit = !said.empty() ? said : !written.empty() && fits(metric, written) ? written : canonical_unit(metric);
    return out;
  }
  auto const written = said.empty() && m.unit.empty() ? unit_in_name(name) : said;
  if (auto const by_unit = unit_name(written); metric.empty() && !by_unit.empty() && !w.any("setpoint", "sp", "limit", "threshold", "nominal", "rated")) {
    out.metric = by_unit;
    out.unit = written;
    return out;
  }
  out.metric = "raw_value";
  out.unit = "1";
  return out;
}

void note_property(std::string_view name, std::string_view text, discovered_device& d) {
  if (text.empty() || !valid_utf8(text)) return;
  word_set const w(words_of(name));
  auto const keep = [&](std::string& s) {
    if (s.empty()) s = cut(text);
  };
  if (w.any("make", "manufacturer", "vendor")) keep(d.vendor);
  else if (w.any("model")) keep(d.model);
  else if (w.any("name") && w.any("device", "properties", "asset")) keep(d.name);
}

std::string control_action(std::string_view name) {
  auto const slash = name.rfind('/');
  std::string out;
  for (auto const& w : words_of(slash == std::string_view::npos ? name : name.substr(slash + 1))) out += (out.empty() ? "" : "_") + w;
  return out;
}

}  // namespace ioc::perceive::sparkplug
