#include "perceive/decoders/mbmd/mbmd_quantity.hpp"

#include <array>

namespace ioc::perceive {
namespace {

struct row {
  std::string_view name;
  std::string_view metric;
  std::string_view unit;
  std::string_view channel = "";
};

// "Sum" is what the meter adds up itself (on an SDM import and export together): it is neither of them.
constexpr std::array rows{
    row{"frequency", "frequency", "Hz"},
    row{"current", "current", "A"},
    row{"voltage", "voltage", "V"},
    row{"power", "active_power", "W"},
    row{"activepower", "active_power", "W"},
    row{"importpower", "active_power_import", "W"},
    row{"exportpower", "active_power_export", "W"},
    row{"reactivepower", "reactive_power", "var"},
    row{"apparentpower", "apparent_power", "V.A"},
    row{"cosphi", "power_factor", "1"},
    row{"thd", "", ""},
    row{"phaseangle", "", ""},
    row{"sum", "energy_net", "kW.h"},
    row{"import", "energy_import", "kW.h"},
    row{"export", "energy_export", "kW.h"},
    row{"reactivesum", "", ""},
    row{"reactiveimport", "reactive_energy_import", "kvar.h"},
    row{"reactiveexport", "reactive_energy_export", "kvar.h"},
    row{"apparentsum", "", ""},
    row{"apparentimport", "", ""},
    row{"apparentexport", "", ""},
    row{"dccurrent", "current", "A", "DC"},
    row{"dcvoltage", "voltage", "V", "DC"},
    row{"dcpower", "active_power", "W", "DC"},
    row{"dcenergy", "energy_export", "kW.h", "DC"},
    row{"heatsinktemp", "device_temperature", "Cel"},
    row{"chargestate", "battery_level", "%"},
    row{"batteryvoltage", "battery_voltage", "V"},
};
// What a string of solar panels has, behind "String1".
constexpr std::array string_rows{
    row{"current", "current", "A"},
    row{"voltage", "voltage", "V"},
    row{"power", "active_power", "W"},
    row{"energy", "energy_export", "kW.h"},
};

bool digit(char c) { return c >= '0' && c <= '9'; }

template <class Rows>
row const* find(Rows const& table, std::string_view name) {
  for (auto const& r : table)
    if (r.name == name) return &r;
  return nullptr;
}

}  // namespace

std::optional<scalar_rule> mbmd_quantity(std::string_view given) {
  auto const whole = lower(given);
  std::string_view name = whole;
  if (name.size() > 7 && name.starts_with("string") && digit(name[6])) {
    auto const* r = find(string_rows, name.substr(7));
    if (!r) return std::nullopt;
    return scalar_rule{r->metric, "S" + std::string(1, name[6]), r->unit, 1};
  }
  if (auto const* r = find(rows, name)) return scalar_rule{r->metric, std::string(r->channel), r->unit, 1};
  // A phase, a tariff or a string behind the name: PowerL1, ImportT2, DCCurrentS1.
  if (name.size() < 3 || !digit(name.back())) return std::nullopt;
  char const kind = name[name.size() - 2], number = name.back();
  auto const* r = find(rows, name.substr(0, name.size() - 2));
  if (!r || (kind != 'l' && kind != 't' && kind != 's')) return std::nullopt;
  std::string const channel = kind == 'l' ? "L" : kind == 't' ? "tariff" : "S";
  return scalar_rule{r->metric, channel + number, r->unit, 1};
}

}  // namespace ioc::perceive
