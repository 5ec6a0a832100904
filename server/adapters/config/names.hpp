#pragma once
#include "adapters/config/error.hpp"
#include "core/ids.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ioc::config {

struct file_context;

// Turns a metric of a file ("level", "voltage/L1") into its canonical form ("water_level", "voltage/L1"); nothing if it does not exist.
using metric_resolver = std::function<std::optional<std::string>(std::string const&)>;

// The names that a unit's rules, playbooks and policy may use, filled while its files are read. `resolve` empty = metrics are kept
// as written and none is refused (a scenario file defines no table of metrics).
struct name_scope {
  std::vector<std::string> devices;
  std::vector<std::string> zones;  // empty = not checked
  std::vector<std::string> rules;
  std::vector<std::string> deviation_rules;
  std::vector<std::string> playbooks;
  std::vector<std::string> metric_names;  // for cures
  metric_resolver resolve;

  bool has_device(std::string const& id) const;
  // Each reports an unknown name at its line with the nearest known one, and answers whether it is known.
  bool check_device(std::string const& id, int line, std::string const& key, file_context const& c) const;
  bool check_rule(std::string const& id, int line, std::string const& key, file_context const& c) const;
  bool check_playbook(std::string const& id, int line, std::string const& key, file_context const& c) const;
  bool check_zone(std::string const& id, int line, std::string const& key, file_context const& c) const;
  std::string metric(std::string const& name, int line, std::string const& key, file_context const& c) const;
};

// Refuses an id that stands twice, and says where the first one is.
class id_register {
 public:
  explicit id_register(std::string what) : what_(std::move(what)) {}
  bool add(std::string const& id, int line, std::string const& key, file_context const& c);

 private:
  std::string what_;
  std::map<std::string, std::pair<std::string, int>> seen_;  // id -> file, line
};

}  // namespace ioc::config
