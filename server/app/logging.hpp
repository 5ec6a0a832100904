#pragma once
#include "adapters/config/server_settings.hpp"

#include <spdlog/fwd.h>

#include <memory>

namespace ioc::app {

// The server's log: stderr, or a file that grows to 50 MB and keeps five older ones.
std::shared_ptr<spdlog::logger> make_log(config::log_settings const& s);

}  // namespace ioc::app
