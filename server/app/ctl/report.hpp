#pragma once
#include "adapters/config/scenario.hpp"
#include "app/ctl/played.hpp"

#include <string>
#include <vector>

namespace ioc::ctl {

// The runner's answer as one JSON object, keys of section 8 of tests/scenarios/README.md. Times are seconds from t0. Pure.
std::string report(config::scenario const& story, played const& got, std::vector<std::string> const& differences);

}  // namespace ioc::ctl
