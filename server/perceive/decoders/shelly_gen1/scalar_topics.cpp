#include "perceive/decoders/shelly_gen1/scalar_topics.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {
namespace {

struct row {
  std::string_view key;
  std::string_view metric;
  std::string_view unit;
  double divide = 1;
  std::string_view part = "";
};
constexpr std::array meter_rows{
    row{"power", "active_power", "W"},
    row{"voltage", "voltage", "V"},
    row{"current", "current", "A"},
    row{"pf", "power_factor", "1"},
    row{"reactive_power", "reactive_power", "var"},
    row{"total", "energy_import", "kW.h", 1000},
    row{"total_returned", "energy_export", "kW.h", 1000},
    row{"energy", "energy_import", "kW.h", 60000, "since_boot"},
    row{"returned_energy", "energy_export", "kW.h", 60000, "since_boot"},
};
constexpr std::array sensor_rows{
    row{"temperature", "temperature", "Cel"}, row{"humidity", "relative_humidity", "%"}, row{"battery", "battery_level", "%"},
    row{"lux", "illuminance", "lx"},          row{"concentration", "raw_value", "1", 1, "concentration"},
};
constexpr std::array device_rows{
    row{"temperature", "device_temperature", "Cel"},
    row{"voltage", "voltage", "V"},
};
struct flag_row {
  std::string_view key;
  std::string_view metric;
  std::string_view part = "";
  bool event = true;
};
constexpr std::array sensor_flags{
    flag_row{"flood", "water_leak_detected"},      flag_row{"state", "door_open"},        flag_row{"smoke", "smoke_detected"},
    flag_row{"motion", "motion_detected"},         flag_row{"vibration", "alarm", "vibration"}, flag_row{"charger", "external_power", "", false},
    flag_row{"ext_power", "external_power", "", false}, flag_row{"external_power", "external_power", "", false},
};

template <class T>
auto const* find(T const& rows, std::string_view key) {
  auto const it = std::find_if(rows.begin(), rows.end(), [&](auto const& r) { return r.key == key; });
  return it == rows.end() ? nullptr : &*it;
}

std::string with(std::string_view channel, std::string_view part) {
  if (part.empty()) return std::string(channel);
  return channel.empty() ? std::string(part) : std::string(channel) + "/" + std::string(part);
}

}  // namespace

std::optional<scalar_rule> shelly_gen1_number(std::vector<std::string_view> const& l) {
  auto const rule = [](row const& r, std::string_view channel) { return scalar_rule{r.metric, with(channel, r.part), r.unit, r.divide}; };
  auto const n = l.size();
  if (n == 3 && (l[0] == "emeter" || l[0] == "relay" || l[0] == "meter" || l[0] == "light" || l[0] == "color" || l[0] == "white" || l[0] == "roller"))
    if (auto const* r = find(meter_rows, l[2])) return rule(*r, l[1]);
  if (n == 2 && l[0] == "sensor")
    if (auto const* r = find(sensor_rows, l[1])) return rule(*r, "");
  if (n == 1)
    if (auto const* r = find(device_rows, l[0])) return rule(*r, "");
  if (n == 2 && l[0] == "ext_temperature") return scalar_rule{"temperature", "ext/" + std::string(l[1]), "Cel", 1};
  if (n == 2 && l[0] == "ext_humidity") return scalar_rule{"relative_humidity", "ext/" + std::string(l[1]), "%", 1};
  if (n == 2 && l[0] == "adc") return scalar_rule{"voltage", "adc/" + std::string(l[1]), "V", 1};
  return std::nullopt;
}

std::optional<shelly_gen1_flag> shelly_gen1_boolean(std::vector<std::string_view> const& l) {
  auto const n = l.size();
  if (n == 2 && l[0] == "sensor")
    if (auto const* r = find(sensor_flags, l[1])) return shelly_gen1_flag{r->metric, std::string(r->part), r->event};
  if (n == 2 && (l[0] == "light" || l[0] == "color" || l[0] == "white")) return shelly_gen1_flag{"switch_state", std::string(l[1]), false};
  if (n == 2 && (l[0] == "input" || l[0] == "ext_switch")) return shelly_gen1_flag{"digital_input", l[0] == "input" ? std::string(l[1]) : "ext/" + std::string(l[1]), false};
  if (n == 1 && l[0] == "overtemperature") return shelly_gen1_flag{"alarm", "overtemperature", false};
  if (n == 1 && l[0] == "loaderror") return shelly_gen1_flag{"device_fault", "load", false};
  if (n == 1 && l[0] == "overload") return shelly_gen1_flag{"alarm", "overload", false};
  return std::nullopt;
}

bool shelly_gen1_sentinel(std::string_view metric, double v) {
  if (metric == "temperature" || metric == "relative_humidity" || metric == "device_temperature") return v >= 998;
  return v == -1 && (metric == "battery_level" || metric == "illuminance" || metric == "raw_value");
}

}  // namespace ioc::perceive
