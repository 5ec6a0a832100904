#include "perceive/decoders/wiren_board/control.hpp"

#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace {

struct row {
  std::string_view name;
  std::string_view metric;
  std::string_view unit;
};
// Control names of the usual templates (WB-MAP, Mercury, Energomera, SDM, WB-MSW …), lower case, without phase and "total".
constexpr std::array names{
    row{"urms", "voltage", "V"},                row{"u", "voltage", "V"},                   row{"voltage", "voltage", "V"},
    row{"phase voltage", "voltage", "V"},       row{"irms", "current", "A"},                row{"i", "current", "A"},
    row{"current", "current", "A"},             row{"phase current", "current", "A"},       row{"p", "active_power", "W"},
    row{"power", "active_power", "W"},          row{"active power", "active_power", "W"},   row{"q", "reactive_power", "var"},
    row{"reactive power", "reactive_power", "var"}, row{"s", "apparent_power", "V.A"},      row{"apparent power", "apparent_power", "V.A"},
    row{"pf", "power_factor", "1"},             row{"power factor", "power_factor", "1"},   row{"cos phi", "power_factor", "1"},
    row{"frequency", "frequency", "Hz"},        row{"f", "frequency", "Hz"},                row{"ap energy", "energy_import", "kW.h"},
    row{"an energy", "energy_export", "kW.h"},  row{"rp energy", "reactive_energy_import", "kvar.h"},
    row{"rn energy", "reactive_energy_export", "kvar.h"}, row{"active energy", "energy_import", "kW.h"},
    row{"energy", "energy_import", "kW.h"},     row{"consumption", "energy_import", "kW.h"}, row{"reactive energy", "reactive_energy_import", "kvar.h"},
    row{"import active energy", "energy_import", "kW.h"}, row{"export active energy", "energy_export", "kW.h"},
    row{"temperature", "temperature", "Cel"},   row{"humidity", "relative_humidity", "%"},  row{"pressure", "air_pressure", "hPa"},
    row{"co2", "co2_concentration", "[ppm]"},   row{"illuminance", "illuminance", "lx"},    row{"sound level", "sound_level", "dB[A]"},
    row{"cpu temperature", "device_temperature", "Cel"}, row{"board temperature", "device_temperature", "Cel"},
    row{"battery", "battery_level", "%"},       row{"uptime", "uptime", "s"},               row{"rssi", "rssi", "dBm"},
};
constexpr std::array types{
    row{"temperature", "temperature", "Cel"},        row{"rel_humidity", "relative_humidity", "%"}, row{"atmospheric_pressure", "air_pressure", "hPa"},
    row{"rainfall", "rainfall_rate", "mm/h"},        row{"wind_speed", "wind_speed", "m/s"},        row{"power", "active_power", "W"},
    row{"power_consumption", "energy_import", "kW.h"}, row{"voltage", "voltage", "V"},              row{"water_flow", "water_flow_rate", "m3/h"},
    row{"water_consumption", "water_volume", "m3"},  row{"current", "current", "A"},                row{"lux", "illuminance", "lx"},
    row{"sound_level", "sound_level", "dB[A]"},
};
// Units that name their quantity.
constexpr std::array quantities{
    row{"V", "voltage", "V"},          row{"A", "current", "A"},         row{"W", "active_power", "W"},   row{"kW.h", "energy_import", "kW.h"},
    row{"Hz", "frequency", "Hz"},      row{"var", "reactive_power", "var"}, row{"V.A", "apparent_power", "V.A"}, row{"kvar.h", "reactive_energy_import", "kvar.h"},
    row{"Cel", "temperature", "Cel"},  row{"hPa", "air_pressure", "hPa"}, row{"m3", "water_volume", "m3"}, row{"m3/h", "water_flow_rate", "m3/h"},
    row{"mm/h", "rainfall_rate", "mm/h"}, row{"m/s", "wind_speed", "m/s"}, row{"lx", "illuminance", "lx"},
};

template <class T>
row const* find(T const& table, std::string_view name) {
  auto const it = std::find_if(table.begin(), table.end(), [&](row const& r) { return r.name == name; });
  return it == table.end() ? nullptr : &*it;
}

// Takes "L1", "phase 2" or a lone number behind U, I, P, Q, S, PF off the name; a leading "total" becomes the channel.
std::string take_phase(std::string& name) {
  auto const n = name.size();
  auto const phase = [](char c) { return c >= '1' && c <= '3'; };
  if (n >= 3 && name[n - 2] == 'l' && phase(name[n - 1]) && (name[n - 3] == ' ' || name[n - 3] == '_')) {
    std::string const c = std::string("L") + name[n - 1];
    name.resize(n - 3);
    return c;
  }
  if (n >= 7 && name.substr(n - 7, 6) == "phase " && phase(name[n - 1])) {
    std::string const c = std::string("L") + name[n - 1];
    name.resize(n > 7 ? n - 8 : 0);
    return c;
  }
  if (n >= 2 && n <= 5 && phase(name[n - 1])) {
    auto const base = name.substr(0, n - 1);
    for (std::string_view b : {"u", "i", "p", "q", "s", "pf", "urms", "irms"})
      if (base == b) {
        std::string const c = std::string("L") + name[n - 1];
        name = base;
        return c;
      }
  }
  if (name.starts_with("total ")) {
    name.erase(0, 6);
    // "Total consumption" is the meter's only register; "Total P" stands beside the phases.
    return name == "consumption" || name == "reactive energy" || name == "energy" ? "" : "total";
  }
  return {};
}

}  // namespace

wb_control wb_control_of(std::string_view given, std::string_view type, std::string_view units, bool readonly) {
  wb_control c;
  if (type == "text" || type == "rgb" || type == "wo-switch") {
    c.text = true;
    return c;
  }
  auto name = lower(given);
  // Relays and inputs are named alike in all templates: K1, Input 1, A1_OUT, A1_IN.
  auto const numbered = [&](std::string_view word) {
    return name.size() > word.size() && name.starts_with(word) && name.find_first_not_of("0123456789", word.size()) == std::string::npos;
  };
  bool const switch_by_name = type.empty() && units.empty() && (numbered("k") || numbered("input ") || numbered("relay ") || name.ends_with("_out") || name.ends_with("_in"));
  if (type == "switch" || type == "alarm" || type == "pushbutton" || switch_by_name) {
    c.boolean = true;
    c.channel = std::string(given);
    bool const input = type == "pushbutton" || name.starts_with("input") || name.ends_with("_in") || (readonly && type == "switch");
    c.metric = type == "alarm" ? "alarm" : input ? "digital_input" : "switch_state";
    if (type == "alarm" && (name.find("leak") != std::string::npos || (name.size() == 2 && name[0] == 'f'))) c.metric = "water_leak_detected";
    return c;
  }
  auto const channel = take_phase(name);
  auto const sent_in = units == "dB" ? "dB[A]" : ucum_of(units);
  auto const* by_name = find(names, name);
  // The name says it, unless meta says that it is something else: "Current" may be the current motion.
  if (by_name && !units.empty() && sent_in != by_name->unit && !convert(1, sent_in, by_name->unit)) by_name = nullptr;
  auto const* by_type = find(types, type);
  if (by_name && by_type && by_type->unit != by_name->unit && !(by_type->metric == "energy_import" && by_name->unit == "kvar.h")) by_name = nullptr;
  if (by_name) {
    c.metric = by_name->metric;
    c.channel = channel;
    c.unit = by_name->unit;
    c.sent_in = units.empty() ? c.unit : sent_in;
    return c;
  }
  c.channel = std::string(given);
  if (type == "concentration" && name.find("co2") != std::string::npos) {
    c.metric = "co2_concentration";
    c.unit = c.sent_in = "[ppm]";
    return c;
  }
  row const* r = by_type;
  if (!r && !units.empty())
    for (auto const& q : quantities)
      if (q.unit == sent_in || convert(1, sent_in, q.unit)) {
        r = &q;
        break;
      }
  if (units == "%, RH") r = find(types, "rel_humidity");
  if (r) {
    c.metric = r->metric;
    c.unit = r->unit;
    c.sent_in = units.empty() || !convert(1, sent_in, r->unit) ? r->unit : sent_in;
  }
  return c;
}

}  // namespace ioc::perceive
