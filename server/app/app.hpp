#pragma once
#include "adapters/config/server_settings.hpp"

#include <string>

namespace ioc::app {

// Runs the server until SIGINT or SIGTERM. Returns the exit code; throws config_error or std::runtime_error, one sentence each,
// where a start is impossible.
int run(config::server_settings const& settings);

// Tries everything that a start needs and starts nothing. Throws as run() does. The answer is a warning, empty when there is none: a
// port that is taken, as it is while the iocd runs whose configuration this is.
std::string check(config::server_settings const& settings);

}  // namespace ioc::app
