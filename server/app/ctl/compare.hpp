#pragma once
#include "adapters/config/scenario.hpp"
#include "app/ctl/played.hpp"

#include <string>
#include <vector>

namespace ioc::ctl {

// Every way in which what came out is not what section 8 of tests/scenarios/README.md expects, one sentence each; empty = the story
// passes. Lists are complete: what is missing and what is additional both differ. Pure.
std::vector<std::string> compare(config::expectations const& expected, played const& got);

// `pattern` may hold `*`, which stands for any text.
bool fits(std::string_view pattern, std::string_view text);

}  // namespace ioc::ctl
