#pragma once
#include "adapters/config/names.hpp"
#include "adapters/config/reader.hpp"
#include "adapters/config/scenario.hpp"

namespace ioc::config {

// Section 2 of tests/scenarios/README.md.
std::vector<timeline_entry> read_timeline(node const& list, std::string const& path, file_context const& c, name_scope const& scope);

}  // namespace ioc::config
