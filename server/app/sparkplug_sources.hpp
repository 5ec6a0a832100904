#pragma once
#include "adapters/config/server_settings.hpp"
#include "adapters/config/site.hpp"

namespace ioc::app {

// Gives the site's Sparkplug source the units and limits of the server's settings: the source itself carries `unit`, and each unit named in
// `groups` gets a source of its own beside it (`NAME-UNIT`), with a filter for each of its groups. Off: changes nothing.
// Throws std::runtime_error, one sentence with file and line, on a unit that does not exist or where no source decodes Sparkplug.
void bind_sparkplug(config::server_settings const& settings, config::site& site);

}  // namespace ioc::app
