#pragma once
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace ioc::ctl {

// The command line is wrong; what() is one sentence for the person at the keyboard. Exit code 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One command of iocctl: its words ("scenario run"), what stands behind them, and which options it knows.
struct command_spec {
  std::string words;
  std::vector<std::string> operands;  // names for the help: "FILE"
  std::set<std::string> required;     // options with a value that must be given
  std::set<std::string> optional;     // options with a value
  std::set<std::string> flags;        // options without one; --json and --help are known to all
  std::string help;                   // one line
};

// A command line taken apart. `--name value` and `--name=value` are the same.
struct arguments {
  std::vector<std::string> operands;
  std::map<std::string, std::string> options;
  std::set<std::string> flags;
  bool json = false;

  std::string const& option(std::string const& name) const { return options.at(name); }
  bool flag(std::string const& name) const { return flags.contains(name); }
};

// Throws usage_error with the nearest known option as its cure.
arguments parse_arguments(command_spec const& spec, std::vector<std::string> const& rest);
std::string usage(command_spec const& spec);

}  // namespace ioc::ctl
