#pragma once
#include "adapters/config/error.hpp"
#include "adapters/config/scenario.hpp"
#include "adapters/config/server_settings.hpp"
#include "adapters/config/site.hpp"

#include <string>

namespace ioc::perceive {
class metric_table;
}

// The way from YAML to the structs that the rooms are built from. Every function reads files, throws config_error with all that is
// wrong (up to 20 faults), and returns only what is whole. Call them before the strands start, or from a reload that keeps the old
// configuration when one throws.
namespace ioc::config {

// A story. Without a table the metrics keep the file's names ("level"); with one they become canonical ("water_level") and an
// unknown one is refused.
scenario load_scenario(std::string const& path, perceive::metric_table const* canonical = nullptr);

// The whole folder config/.
site load_site(std::string const& dir);

// iocd.yaml. Relative paths in it are taken from its own folder.
// `folders_are_there` false: config_dir need not exist (a restore makes it).
server_settings load_server(std::string const& path, bool folders_are_there = true);

// Divides every window, hold, timeout and limit by `speed` (> 0): a story that is played `speed` times as fast then raises the
// same alerts. Times of day (quiet hours) stay.
void scale(pipeline::unit_config& config, double speed);

// The shortest window, hold or timeout of the rules; nothing when no rule has one. Decides how fast a story can be played.
std::optional<core::duration> shortest_window(pipeline::unit_config const& config);

}  // namespace ioc::config
