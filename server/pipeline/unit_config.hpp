#pragma once
#include "advise/playbook.hpp"
#include "alert/rule.hpp"
#include "core/device_list.hpp"
#include "core/unit.hpp"

#include <map>
#include <string>
#include <vector>

namespace ioc::pipeline {

// All that one commune's machine is built from. Made by adapters/config; immutable once running.
// `units_of_measure`: canonical metric (without channel) -> UCUM code, for evidence.
struct unit_config {
  core::unit unit;
  core::policy policy;
  core::device_list devices;
  std::vector<alert::rule> rules;
  std::vector<advise::playbook> playbooks;
  std::map<std::string, std::string> units_of_measure;
};

}  // namespace ioc::pipeline
