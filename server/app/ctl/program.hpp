#pragma once
#include <map>
#include <string>
#include <vector>

namespace ioc::ctl {

// Runs another program (pg_dump and its like) to its end, without a shell; `environment` is added to ours, so that no password stands on a
// command line. Returns what it wrote to standard output. Throws std::runtime_error with its own last words when it fails or is missing.
std::string run_program(std::vector<std::string> const& argv, std::map<std::string, std::string> const& environment);

}  // namespace ioc::ctl
