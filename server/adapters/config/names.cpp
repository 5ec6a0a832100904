#include "adapters/config/names.hpp"

#include "adapters/config/reader.hpp"

#include <algorithm>

namespace ioc::config {

namespace {
bool check(std::vector<std::string> const& known, std::string const& id, char const* what, char const* plural, int line, std::string const& key, file_context const& c) {
  if (std::find(known.begin(), known.end(), id) != known.end()) return true;
  if (!id.empty()) c.fail(line, key, std::string(what) + " \"" + id + "\" does not exist", suggest(id, known, plural));
  return false;
}
}  // namespace

bool name_scope::has_device(std::string const& id) const { return std::find(devices.begin(), devices.end(), id) != devices.end(); }

bool name_scope::check_device(std::string const& id, int line, std::string const& key, file_context const& c) const {
  return check(devices, id, "device", "devices", line, key, c);
}
bool name_scope::check_rule(std::string const& id, int line, std::string const& key, file_context const& c) const {
  return check(rules, id, "rule", "rules", line, key, c);
}
bool name_scope::check_playbook(std::string const& id, int line, std::string const& key, file_context const& c) const {
  return check(playbooks, id, "playbook", "playbooks", line, key, c);
}
bool name_scope::check_zone(std::string const& id, int line, std::string const& key, file_context const& c) const {
  return zones.empty() || check(zones, id, "zone", "zones", line, key, c);
}

std::string name_scope::metric(std::string const& name, int line, std::string const& key, file_context const& c) const {
  if (!resolve || name.empty()) return name;
  if (auto const found = resolve(name)) return *found;
  auto const base = name.substr(0, name.find('/'));
  c.fail(line, key, "metric \"" + name + "\" does not exist in metrics.yaml", suggest(base, metric_names, "metrics"));
  return name;
}

bool id_register::add(std::string const& id, int line, std::string const& key, file_context const& c) {
  if (id.empty()) return false;
  auto const [it, fresh] = seen_.try_emplace(id, c.file, line);
  if (!fresh) {
    auto const where = it->second.first == c.file ? "line " + std::to_string(it->second.second) : it->second.first + ":" + std::to_string(it->second.second);
    c.fail(line, key, what_ + " \"" + id + "\" stands twice (first in " + where + ")", "give one of them another id");
  }
  return fresh;
}

}  // namespace ioc::config
