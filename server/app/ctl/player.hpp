#pragma once
#include "adapters/config/scenario.hpp"
#include "app/ctl/played.hpp"

namespace ioc::ctl {

// Plays a story on a manual clock through the same unit_machine as the server, instant by instant in the order of
// tests/scenarios/README.md section 3, and writes down what came out. The story's targets answer as its device_reply entries say;
// the uplink to the province is the story's, too. Pure: the same story gives the same outcome.
played play(config::scenario const& story);

}  // namespace ioc::ctl
