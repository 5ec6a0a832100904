#include "app/sparkplug_sources.hpp"

#include "app/start_checks.hpp"

#include <algorithm>
#include <stdexcept>

namespace ioc::app {

void bind_sparkplug(config::server_settings const& settings, config::site& site) {
  auto const& wanted = settings.sparkplug;
  if (!wanted.on()) return;
  auto const is_sparkplug = [](perceive::source_info const& s) { return s.decoder == "sparkplug_b"; };
  auto const found = std::find_if(site.sources.begin(), site.sources.end(), is_sparkplug);
  if (found == site.sources.end())
    throw std::runtime_error(place_of(settings, "sparkplug", "host_id") + ": no file of config/sources has the decoder sparkplug_b; add sources/sparkplug-b.yaml");
  auto const must_exist = [&](std::string const& unit, char const* key) {
    if (!site.find(unit)) throw std::runtime_error(place_of(settings, "sparkplug", key) + ": there is no commune \"" + unit + "\" in units/; write the code of one");
  };
  found->settings["host_id"] = wanted.host_id;
  found->settings["reorder_s"] = std::to_string(wanted.reorder_s);
  found->settings["rebirth_every_s"] = std::to_string(wanted.rebirth_every_s);
  if (!wanted.unit.empty()) {
    must_exist(wanted.unit, "unit");
    found->unit = wanted.unit;
  }
  std::map<std::string, perceive::source_info> of_unit;
  for (auto const& [group, unit] : wanted.groups) {
    must_exist(unit, "groups");
    if (unit == found->unit) continue;  // its own filters take the group already
    auto& s = of_unit[unit];
    if (s.name.empty()) {
      s = *found;
      s.name += "-" + unit;
      s.unit = unit;
      s.filters.clear();
    }
    s.filters.push_back("spBv1.0/" + group + "/#");
  }
  // STATE belongs to no group; where no unit takes the rest, the first one is told of it.
  if (found->unit.empty() && !of_unit.empty()) of_unit.begin()->second.filters.push_back("spBv1.0/STATE/+");
  for (auto& [unit, s] : of_unit) site.sources.push_back(std::move(s));
}

}  // namespace ioc::app
