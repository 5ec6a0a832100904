#pragma once
#include "pipeline/unit_config.hpp"

#include <string>

namespace ioc::config {

// The files of config/rules, playbooks and policy as text, in the grammar that load_site reads back to the same structs.
// Pure; the caller puts the text on disk.
std::string write_rules(pipeline::unit_config const& config, std::string const& heading);
std::string write_playbooks(pipeline::unit_config const& config, std::string const& heading);
std::string write_policy(pipeline::unit_config const& config, std::string const& heading);

}  // namespace ioc::config
