#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ioc::mqtt {

// One line of a role of the dynamic-security plugin.
struct account_right {
  std::string type;  // publishClientSend, publishClientReceive, subscribePattern
  std::string topic;
  int priority = 0;
  bool allow = true;
};

// What a gateway may do: device kinds of its units, raw topics under its own name, and the server's words to them. The same as
// deploy/broker/dynsec.py writes.
std::vector<account_right> gateway_rights(std::string const& name, std::vector<std::string> const& units);

// The JSON file of the plugin, changed while nobody else does: a running broker rewrites it with each change made through it, so it is
// stopped or restarted right after save(). For thousands of accounts at once: one file and one restart instead of a rewrite each.
class accounts_file {
 public:
  // Throws std::runtime_error: not there, not readable, no accounts file.
  explicit accounts_file(std::filesystem::path path);
  ~accounts_file();
  accounts_file(accounts_file const&) = delete;
  accounts_file& operator=(accounts_file const&) = delete;

  bool has(std::string const& user) const;
  // Made, or its password renewed and it enabled again. PBKDF2-SHA512 with 101 rounds, as Mosquitto makes it: the password is random.
  void put_device(std::string const& unit, std::string const& device, std::string const& password);
  // Atomically, mode 0600, with the owner that it has. Throws where another has changed it since it was read.
  void save();
  std::size_t size() const;

 private:
  struct state;
  std::unique_ptr<state> s_;
};

}  // namespace ioc::mqtt
