#pragma once
#include "perceive/device_model.hpp"
#include "perceive/metric_table.hpp"
#include "perceive/registry.hpp"
#include "perceive/source_table.hpp"

#include <map>
#include <string>
#include <vector>

namespace ioc::perceive {

// Everything that perceive knows before the first message: metrics, sources, models, units and their devices.
// Made by the configuration loader, shared read only (std::shared_ptr<catalogue const>), replaced whole on a reload.
struct catalogue {
  metric_table metrics;
  source_table sources;
  std::map<std::string, device_model> models;  // by key
  registry devices;

  // Throws std::invalid_argument with one plain sentence that names the bad entry: what the parts refuse, plus a device
  // whose model does not exist and a model that names an unknown metric.
  static catalogue make(std::vector<metric_info> metrics, std::vector<source_info> sources, std::vector<device_model> models,
                        std::vector<core::unit> units, core::device_list devices);

  device_model const* model_of(core::device const& d) const;
  // The device's own expected interval, else its model's.
  std::optional<core::duration> expected_interval(core::device const& d) const;
};

}  // namespace ioc::perceive
