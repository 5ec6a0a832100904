#pragma once
#include "app/ctl/arguments.hpp"

#include <iosfwd>
#include <string>

namespace ioc::config {
class config_error;
}

// The commands of iocctl. Each writes its answer to `out` (JSON when asked) and returns the exit code: 0 = fine, 1 = the answer is
// no. What could not be done is thrown and becomes 2 in main.
namespace ioc::ctl {

int decode(arguments const& a, std::ostream& out);
int rules_check(arguments const& a, std::ostream& out);
int config_check(arguments const& a, std::ostream& out);
int scenario_export(arguments const& a, std::ostream& out);
int scenario_speed(arguments const& a, std::ostream& out);
int scenario_run(arguments const& a, std::ostream& out);
int user_add(arguments const& a, std::ostream& out);
int user_list(arguments const& a, std::ostream& out);
int user_passwd(arguments const& a, std::ostream& out);
int ledger(arguments const& a, std::ostream& out);
int device_list(arguments const& a, std::ostream& out);
int backup(arguments const& a, std::ostream& out);
int restore(arguments const& a, std::ostream& out);
int device_import(arguments const& a, std::ostream& out);
int device_add(arguments const& a, std::ostream& out);
int device_claim(arguments const& a, std::ostream& out);
int device_account(arguments const& a, std::ostream& out);
int device_disable(arguments const& a, std::ostream& out);
int device_enable(arguments const& a, std::ostream& out);
int device_withdraw(arguments const& a, std::ostream& out);
int gateway_add(arguments const& a, std::ostream& out);

// The faults of a configuration, as lines or as {"ok":false,"faults":[…]}.
void print_faults(config::config_error const& e, bool json, std::ostream& out);

}  // namespace ioc::ctl
