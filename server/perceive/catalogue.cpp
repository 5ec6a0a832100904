#include "perceive/catalogue.hpp"

#include <stdexcept>

namespace ioc::perceive {

catalogue catalogue::make(std::vector<metric_info> metrics, std::vector<source_info> sources, std::vector<device_model> models,
                          std::vector<core::unit> units, core::device_list devices) {
  catalogue c;
  c.metrics = metric_table(std::move(metrics));
  c.sources = source_table(std::move(sources));
  for (auto& m : models) {
    auto const known = [&](std::string const& metric) {
      if (!c.metrics.find(metric)) throw std::invalid_argument("model " + m.key + ": config/metrics.yaml has no metric \"" + metric + "\"");
    };
    for (auto const& r : m.readings) {
      known(r.metric);
      known(r.to);
    }
    for (auto const& e : m.events) known(e.metric);
    auto const key = m.key;
    if (key.empty() || !c.models.emplace(key, std::move(m)).second) throw std::invalid_argument("model \"" + key + "\" stands twice or has no key");
  }
  for (auto const& s : c.sources.sources())
    if (!s.info.unit.empty()) {
      bool found = false;
      for (auto const& u : units) found = found || u.code == s.info.unit;
      if (!found) throw std::invalid_argument("source " + s.info.name + ": there is no unit " + s.info.unit);
    }
  for (auto const& d : devices)
    if (!d.model.empty() && !c.models.count(d.model))
      throw std::invalid_argument("device " + d.unit + "/" + d.id + ": there is no model \"" + d.model + "\" in config/models");
  c.devices = registry(std::move(units), std::move(devices));
  return c;
}

device_model const* catalogue::model_of(core::device const& d) const {
  auto const it = models.find(d.model);
  return it == models.end() ? nullptr : &it->second;
}

std::optional<core::duration> catalogue::expected_interval(core::device const& d) const {
  if (d.expected_interval) return d.expected_interval;
  auto const* m = model_of(d);
  return m ? m->expected_interval : std::nullopt;
}

}  // namespace ioc::perceive
