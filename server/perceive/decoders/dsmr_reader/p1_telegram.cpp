#include "perceive/decoders/dsmr_reader/p1_telegram.hpp"

#include "perceive/decode_help.hpp"

#include <array>

namespace ioc::perceive {
namespace {

struct row {
  std::string_view code;
  std::string_view metric;
  std::string_view channel;
  std::string_view unit;
};
constexpr std::array rows{
    row{"1-0:1.8.0", "energy_import", "", "kW.h"},           row{"1-0:1.8.1", "energy_import", "tariff1", "kW.h"},
    row{"1-0:1.8.2", "energy_import", "tariff2", "kW.h"},    row{"1-0:2.8.0", "energy_export", "", "kW.h"},
    row{"1-0:2.8.1", "energy_export", "tariff1", "kW.h"},    row{"1-0:2.8.2", "energy_export", "tariff2", "kW.h"},
    row{"1-0:3.8.0", "reactive_energy_import", "", "kvar.h"}, row{"1-0:4.8.0", "reactive_energy_export", "", "kvar.h"},
    row{"1-0:1.7.0", "active_power_import", "", "W"},        row{"1-0:2.7.0", "active_power_export", "", "W"},
    row{"1-0:3.7.0", "reactive_power_import", "", "var"},    row{"1-0:4.7.0", "reactive_power_export", "", "var"},
    row{"1-0:21.7.0", "active_power_import", "L1", "W"},     row{"1-0:41.7.0", "active_power_import", "L2", "W"},
    row{"1-0:61.7.0", "active_power_import", "L3", "W"},     row{"1-0:22.7.0", "active_power_export", "L1", "W"},
    row{"1-0:42.7.0", "active_power_export", "L2", "W"},     row{"1-0:62.7.0", "active_power_export", "L3", "W"},
    row{"1-0:32.7.0", "voltage", "L1", "V"},                 row{"1-0:52.7.0", "voltage", "L2", "V"},
    row{"1-0:72.7.0", "voltage", "L3", "V"},                 row{"1-0:31.7.0", "current", "L1", "A"},
    row{"1-0:51.7.0", "current", "L2", "A"},                 row{"1-0:71.7.0", "current", "L3", "A"},
    row{"1-0:14.7.0", "frequency", "", "Hz"},                row{"1-0:13.7.0", "power_factor", "", "1"},
};

// YYMMDDhhmmssX
std::optional<core::time_point> stamp(std::string_view s) {
  if (s.size() < 12 || s.substr(0, 12).find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  auto const two = [&](std::size_t at) { return std::string(s.substr(at, 2)); };
  auto const iso = "20" + two(0) + "-" + two(2) + "-" + two(4) + "T" + two(6) + ":" + two(8) + ":" + two(10);
  bool const summer = s.size() > 12 && s[12] == 'S';
  return core::from_iso(iso, std::chrono::minutes(summer ? 120 : 60));
}

// The text of the n-th pair of brackets.
std::string_view bracket(std::string_view line, int n) {
  std::size_t at = 0;
  for (int i = 0;; ++i) {
    at = line.find('(', at);
    if (at == std::string_view::npos) return {};
    auto const end = line.find(')', at);
    if (end == std::string_view::npos) return {};
    if (i == n) return line.substr(at + 1, end - at - 1);
    at = end;
  }
}

// "000123.456*kWh" → "000123.456kWh", which is a number with its unit.
std::string without_star(std::string_view s) {
  std::string out;
  for (char const c : s)
    if (c != '*') out += c;
  return out;
}

}  // namespace

bool read_p1_telegram(std::string_view telegram, decoded_element& e) {
  bool any = false;
  while (!telegram.empty()) {
    auto const end = telegram.find('\n');
    auto const line = trimmed(telegram.substr(0, end));
    telegram = end == std::string_view::npos ? std::string_view{} : telegram.substr(end + 1);
    auto const open = line.find('(');
    if (open == std::string_view::npos || line.substr(0, open).find(':') == std::string_view::npos) continue;
    any = true;
    auto const code = line.substr(0, open);
    if (code == "0-0:1.0.0") {
      e.t = stamp(bracket(line, 0));
      e.time_refused = !e.t;
      continue;
    }
    // Gas, water, heat on the meter bus: 0-n:24.2.1(time)(value*unit). Which of them is said elsewhere; m3 does not tell.
    if (code.starts_with("0-") && code.ends_with(":24.2.1")) {
      auto const v = measured(without_star(bracket(line, 1)), "m3");
      if (!v) continue;
      add_number(e, "meter_reading", "mbus" + std::string(code.substr(2, 1)), "1", *v);
      e.readings.back().t = stamp(bracket(line, 0));
      continue;
    }
    for (auto const& r : rows)
      if (r.code == code)
        if (auto const v = measured(without_star(bracket(line, 0)), r.unit)) add_number(e, r.metric, std::string(r.channel), r.unit, *v);
  }
  return any;
}

}  // namespace ioc::perceive
