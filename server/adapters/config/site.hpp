#pragma once
#include "core/unit.hpp"
#include "perceive/device_model.hpp"
#include "perceive/metric_table.hpp"
#include "perceive/source_table.hpp"
#include "pipeline/unit_config.hpp"

#include <string>
#include <vector>

namespace ioc::perceive {
struct catalogue;
}

namespace ioc::config {

// All of config/ as one value, checked across files: every device's model, every rule's metric and device, every playbook's rule
// exists. `units` = one machine for each commune, with devices, rules, playbooks and policy; `tree` = all units, provinces and the
// country included. Values only; a reload makes a new one.
struct site {
  std::vector<perceive::metric_info> metrics;
  std::vector<perceive::source_info> sources;
  std::vector<perceive::device_model> models;
  std::vector<core::unit> tree;
  std::vector<pipeline::unit_config> units;

  // What perceive needs before the first message.
  perceive::catalogue catalogue() const;
  pipeline::unit_config const* find(std::string const& unit) const;
};

}  // namespace ioc::config
