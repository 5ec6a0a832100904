#pragma once
#include "adapters/config/names.hpp"
#include "adapters/config/reader.hpp"
#include "core/unit.hpp"

namespace ioc::config {

// Reads a policy in the grammar of tests/scenarios/README.md section 1; `scope` must know devices and playbooks already.
core::policy read_policy(node const& n, std::string const& path, file_context const& c, name_scope const& scope);

// "21:00" as minutes from midnight.
std::optional<std::chrono::minutes> time_of_day(std::string_view text);

}  // namespace ioc::config
