#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ioc::perceive {
namespace {

// v in the dimension's base = (v · mul / div) + add. Two numbers instead of one keep 1330 mm at 1.33 m exactly.
struct unit_row {
  std::string_view code;
  int dimension;
  double mul = 1, div = 1, add = 0;
};

enum : int { length, temperature, power, apparent, reactive, energy, renergy, voltage, current, frequency, ratio, concentration,
             pressure, time, volume, flow, speed, angle, rain_rate, resistance, mass_density, dust, sound, sound_a, illuminance,
             signal, per_second, salinity, per_metre, per_minute };

constexpr std::array rows{
    unit_row{"m", length}, unit_row{"mm", length, 1, 1000}, unit_row{"cm", length, 1, 100}, unit_row{"dm", length, 1, 10},
    unit_row{"km", length, 1000}, unit_row{"[in_i]", length, 0.0254}, unit_row{"[ft_i]", length, 0.3048},
    unit_row{"Cel", temperature}, unit_row{"degC", temperature}, unit_row{"°C", temperature}, unit_row{"K", temperature, 1, 1, -273.15},
    unit_row{"[degF]", temperature, 5, 9, -160.0 / 9}, unit_row{"°F", temperature, 5, 9, -160.0 / 9},
    unit_row{"W", power}, unit_row{"kW", power, 1000}, unit_row{"MW", power, 1e6}, unit_row{"mW", power, 1, 1000},
    unit_row{"V.A", apparent}, unit_row{"VA", apparent}, unit_row{"kV.A", apparent, 1000}, unit_row{"kVA", apparent, 1000},
    unit_row{"var", reactive}, unit_row{"kvar", reactive, 1000},
    unit_row{"kW.h", energy}, unit_row{"kWh", energy}, unit_row{"W.h", energy, 1, 1000}, unit_row{"Wh", energy, 1, 1000},
    unit_row{"MW.h", energy, 1000}, unit_row{"J", energy, 1, 3.6e6}, unit_row{"MJ", energy, 1, 3.6},
    unit_row{"kvar.h", renergy}, unit_row{"var.h", renergy, 1, 1000},
    unit_row{"V", voltage}, unit_row{"mV", voltage, 1, 1000}, unit_row{"kV", voltage, 1000},
    unit_row{"A", current}, unit_row{"mA", current, 1, 1000}, unit_row{"kA", current, 1000},
    unit_row{"Hz", frequency}, unit_row{"kHz", frequency, 1000},
    unit_row{"1", ratio}, unit_row{"%", ratio, 1, 100}, unit_row{"[ppth]", ratio, 1, 1000},
    unit_row{"[ppm]", concentration}, unit_row{"ppm", concentration}, unit_row{"[ppb]", concentration, 1, 1000}, unit_row{"ppb", concentration, 1, 1000},
    unit_row{"hPa", pressure}, unit_row{"Pa", pressure, 1, 100}, unit_row{"kPa", pressure, 10}, unit_row{"bar", pressure, 1000},
    unit_row{"mbar", pressure}, unit_row{"mm[Hg]", pressure, 1.33322387415},
    unit_row{"s", time}, unit_row{"ms", time, 1, 1000}, unit_row{"min", time, 60}, unit_row{"h", time, 3600}, unit_row{"d", time, 86400},
    unit_row{"m3", volume}, unit_row{"L", volume, 1, 1000}, unit_row{"l", volume, 1, 1000},
    unit_row{"m3/h", flow}, unit_row{"m3/s", flow, 3600}, unit_row{"L/s", flow, 3.6}, unit_row{"L/min", flow, 0.06}, unit_row{"L/h", flow, 1, 1000},
    unit_row{"m/s", speed}, unit_row{"km/h", speed, 1, 3.6}, unit_row{"[kn_i]", speed, 1852, 3600}, unit_row{"[mi_i]/h", speed, 0.44704},
    unit_row{"deg", angle}, unit_row{"°", angle}, unit_row{"rad", angle, 57.295779513082323},
    unit_row{"mm/h", rain_rate}, unit_row{"mm/min", rain_rate, 60}, unit_row{"m/h", rain_rate, 1000},
    unit_row{"kOhm", resistance}, unit_row{"Ohm", resistance, 1, 1000},
    unit_row{"g/m3", mass_density}, unit_row{"mg/m3", mass_density, 1, 1000}, unit_row{"ug/m3", mass_density, 1, 1e6},
    unit_row{"dB", sound}, unit_row{"dB[A]", sound_a}, unit_row{"dBA", sound_a}, unit_row{"lx", illuminance},
    unit_row{"dBm", signal}, unit_row{"/s", per_second}, unit_row{"1/s", per_second}, unit_row{"/min", per_minute}, unit_row{"1/min", per_minute},
    unit_row{"g/L", salinity}, unit_row{"g/l", salinity}, unit_row{"mg/L", salinity, 1, 1000}, unit_row{"%/m", per_metre},
};

unit_row const* find(std::string_view code) {
  auto const it = std::find_if(rows.begin(), rows.end(), [&](unit_row const& r) { return r.code == code; });
  return it == rows.end() ? nullptr : &*it;
}

}  // namespace

std::optional<double> convert(double v, std::string_view from, std::string_view to) {
  if (from == to) return v;
  auto const* a = find(from);
  auto const* b = find(to);
  if (!a || !b || a->dimension != b->dimension) return std::nullopt;
  double const base = v * a->mul / a->div + a->add;
  double const out = (base - b->add) * b->div / b->mul;
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

}  // namespace ioc::perceive
