#pragma once
#include "core/advice.hpp"
#include "core/severity.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ioc::advise {

// `requires: {targets_online: true}`, or a metric of a device compared with a number or with another metric.
struct requirement {
  bool targets_online = false;
  std::string device, metric;
  core::comparison op = core::comparison::gt;
  double value = 0;
  std::string than_device, than_metric;  // empty = compare with `value`
};

// What to do for a rule (grammar: tests/scenarios/README.md section 6). `approver` empty = nothing to approve.
struct playbook {
  std::string id;
  std::string rule;
  bool on_clear = false;
  std::string approver;
  std::optional<requirement> needs;
  core::localized title;
  std::string basis;
  std::vector<core::playbook_step> steps;
};

}  // namespace ioc::advise
