#pragma once
#include "pipeline/device_registry.hpp"

#include <string>
#include <vector>

namespace ioc::app {

// What a change of the registry came to, as an operation's reply: {"applied": bool, "results": [{unit, device, outcome, reason}]}.
// With `all_or_nothing` one refusal means that nothing was applied.
std::string results_json(std::vector<pipeline::change_result> const& results, bool all_or_nothing);

}  // namespace ioc::app
