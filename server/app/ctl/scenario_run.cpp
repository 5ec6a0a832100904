#include "adapters/config/load.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/compare.hpp"
#include "app/ctl/player.hpp"
#include "app/ctl/report.hpp"

#include <ostream>

namespace ioc::ctl {

// Prints one JSON object, with or without --json: a program reads it, a person reads `differences`. A broken file is thrown.
int scenario_run(arguments const& a, std::ostream& out) {
  auto const story = config::load_scenario(a.operands[0]);
  auto const got = play(story);
  auto const differences = compare(story.expected, got);
  out << report(story, got, differences) << "\n";
  return differences.empty() ? 0 : 1;
}

}  // namespace ioc::ctl
