#include "adapters/config/error.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/json_text.hpp"

#include <algorithm>
#include <iostream>

namespace {

using namespace ioc::ctl;

struct entry {
  command_spec spec;
  int (*run)(arguments const&, std::ostream&);
};

std::set<std::string> const device_options{"as", "reason", "name-en", "type", "zone", "model", "native", "natives", "parent", "lat", "lon", "coverage-m",
                                           "expected-interval-s", "tags", "calibration", "receipts"};
std::set<std::string> with(std::set<std::string> all, std::initializer_list<char const*> more) {
  for (auto const* m : more) all.insert(m);
  return all;
}
std::set<std::string> const claim_options = with(device_options, {"id", "name"});
std::set<std::string> const gateway_options{"as", "reason", "name", "zone", "address", "ca", "out"};

std::vector<entry> const& table() {
  static std::vector<entry> const all{
      {{"decode", {"FILE"}, {}, {}, {"verbose"},
        "run a file of device messages (JSON lines: family, topic, payload) through the decoders, tell what becomes of each and why,\n"
        "      and compare where a line says what to expect; of a file of expectations only the sum is printed without --verbose or --json"}, decode},
      {{"rules check", {"DIR"}, {}, {}, {}, "read a configuration folder and say what is wrong with it"}, rules_check},
      {{"config check", {}, {"config"}, {}, {}, "read iocd.yaml and all that it names"}, config_check},
      {{"scenario run", {"FILE"}, {}, {}, {}, "play a story on a manual clock and compare with what it expects"}, scenario_run},
      {{"scenario speed", {"FILE"}, {}, {}, {}, "the fastest speed at which the story can be played live"}, scenario_speed},
      {{"scenario export", {"FILE"}, {"config", "speed"}, {}, {}, "write the story's rules, divided by the speed, into a configuration folder"}, scenario_export},
      {{"user add", {}, {"config", "user", "role", "unit", "name"}, {}, {"password-stdin", "no-change"}, "an account; the password comes from standard input"}, user_add},
      {{"user list", {}, {"config"}, {}, {}, "all accounts"}, user_list},
      {{"user passwd", {}, {"config", "user"}, {}, {"password-stdin", "no-change"}, "a new password for an account"}, user_passwd},
      {{"ledger", {}, {"config"}, {}, {}, "where every message ended, as of the last commit"}, ledger},
      {{"device import", {"FILE"}, {"config"}, {"unit", "as", "reason", "passwords-out", "restart"}, {"dry-run", "all-or-nothing", "accounts"},
        "register the devices of a table (CSV), with a report of each row; --accounts makes their accounts at the broker, all at once"}, device_import},
      {{"device add", {"UNIT", "DEVICE"}, {"config", "name"}, device_options, {"account"}, "register one device; --account makes its account"}, device_add},
      {{"device claim", {"UNIT", "DEVICE"}, {"config"}, claim_options, {}, "register a device that speaks and that nobody has registered"}, device_claim},
      {{"device account", {"UNIT", "DEVICE"}, {"config"}, {"as"}, {}, "make a device's account at the broker, or a new password for it"}, device_account},
      {{"device enable", {"UNIT", "DEVICE"}, {"config"}, {"as", "reason"}, {}, "let a device that was cut off in again, with the password it had"}, device_enable},
      {{"device disable", {"UNIT", "DEVICE"}, {"config"}, {"as", "reason"}, {}, "cut a device off: its account counts no more"}, device_disable},
      {{"device withdraw", {"UNIT", "DEVICE"}, {"config"}, {"as", "reason"}, {}, "take a device out of the registry; its history stays"}, device_withdraw},
      {{"gateway add", {"UNIT", "NAME"}, {"config"}, gateway_options, {"renew"},
        "the account of a commune's own broker, and the bridge file for it; one that has an account gets a new password with --renew only"}, gateway_add},
      {{"device list", {}, {"config"}, {"unit"}, {}, "registered devices with what is known of them"}, device_list},
      {{"backup", {}, {"config", "to"}, {"broker-accounts"}, {}, "database, journal, configuration and broker accounts into a new folder, while iocd runs"}, backup},
      {{"restore", {}, {"config", "from"}, {"broker-accounts"}, {"keep-config"}, "a backup into an empty installation, before its iocd starts"}, restore},
  };
  return all;
}

void help(std::ostream& out) {
  out << "iocctl: the command line of IOC Xã. Exit code 0 = fine, 1 = the answer is no, 2 = it could not be done.\n\n";
  for (auto const& e : table()) out << "  " << usage(e.spec) << "\n      " << e.spec.help << "\n";
}

int run(std::vector<std::string> words) {
  // `iocctl --json decode FILE` means the same as `iocctl decode FILE --json`.
  if (words.size() > 1 && words[0] == "--json") std::rotate(words.begin(), words.begin() + 1, words.end());
  if (words.empty() || words[0] == "--help" || words[0] == "help") {
    help(words.empty() ? std::cerr : std::cout);
    return words.empty() ? 2 : 0;
  }
  for (auto const& e : table()) {
    auto const parts = std::count(e.spec.words.begin(), e.spec.words.end(), ' ') + 1;
    if (static_cast<std::ptrdiff_t>(words.size()) < parts) continue;
    auto given = words[0];
    for (std::ptrdiff_t i = 1; i < parts; ++i) given += " " + words[static_cast<std::size_t>(i)];
    if (given != e.spec.words) continue;
    std::vector<std::string> const rest(words.begin() + parts, words.end());
    if (std::find(rest.begin(), rest.end(), "--help") != rest.end()) {
      std::cout << usage(e.spec) << "\n" << e.spec.help << "\n";
      return 0;
    }
    return e.run(parse_arguments(e.spec, rest), std::cout);
  }
  std::vector<std::string> known;
  for (auto const& e : table()) known.push_back(e.spec.words);
  auto const given = words.size() > 1 && !words[1].starts_with("-") ? words[0] + " " + words[1] : words[0];
  throw usage_error("\"" + given + "\" is no command; " + ioc::config::suggest(given, known, "commands"));
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> const words(argv + 1, argv + argc);
  bool const json = std::find(words.begin(), words.end(), "--json") != words.end();
  int code = 2;
  try {
    code = run(words);
  } catch (ioc::config::config_error const& e) {
    print_faults(e, json, json ? std::cout : std::cerr);
  } catch (std::exception const& e) {
    if (json) std::cout << json::object({{"error", json::text(e.what())}}) << "\n";
    else std::cerr << "iocctl: " << e.what() << "\n";
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "iocctl: the answer could not be written\n";
    return 2;
  }
  return code;
}
