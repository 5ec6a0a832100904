#pragma once
#include "adapters/config/names.hpp"
#include "adapters/config/reader.hpp"
#include "adapters/config/scenario.hpp"

namespace ioc::config {

// Section 8 of tests/scenarios/README.md.
expectations read_expected(node const& n, std::string const& path, file_context const& c, name_scope const& scope);

}  // namespace ioc::config
