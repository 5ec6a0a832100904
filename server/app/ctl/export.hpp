#pragma once
#include "pipeline/unit_config.hpp"

#include <string>

namespace ioc::ctl {

// The fastest speed, at most 60, whole from 1 on, that keeps every window, hold and timeout of the rules above one second.
double fastest_speed(pipeline::unit_config const& config);

// The story's rules, playbooks and policy with the titles, labels, basis and step texts that `present` has for the same ids. What
// only `present` has stays behind them, unless a file of the story names the same id. Pure.
pipeline::unit_config merge(pipeline::unit_config const& story, pipeline::unit_config const& present);

// Throws config_error naming the first devices of the story that the unit does not have.
void refuse_unknown_devices(pipeline::unit_config const& story, pipeline::unit_config const& present, std::string const& file);

}  // namespace ioc::ctl
