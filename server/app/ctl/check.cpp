#include "adapters/config/load.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/json_text.hpp"
#include "perceive/catalogue.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>

namespace fs = std::filesystem;

namespace ioc::ctl {

namespace {

struct counts {
  std::size_t units = 0, devices = 0, rules = 0, playbooks = 0;
};

counts count(config::site const& s) {
  counts c;
  c.units = s.units.size();
  for (auto const& u : s.units) {
    c.devices += u.devices.size();
    c.rules += u.rules.size();
    c.playbooks += u.playbooks.size();
  }
  return c;
}

int answer(config::site const& s, arguments const& a, std::ostream& out) {
  auto const c = count(s);
  if (a.json)
    out << json::object({{"ok", "true"}, {"units", std::to_string(c.units)}, {"devices", std::to_string(c.devices)}, {"rules", std::to_string(c.rules)},
                         {"playbooks", std::to_string(c.playbooks)}, {"faults", "[]"}})
        << "\n";
  else out << c.units << " units, " << c.devices << " devices, " << c.rules << " rules, " << c.playbooks << " playbooks: nothing is wrong\n";
  return 0;
}

}  // namespace

void print_faults(config::config_error const& e, bool json, std::ostream& out) {
  if (!json) {
    out << e.what() << "\n";
    return;
  }
  std::vector<std::string> items;
  for (auto const& f : e.faults())
    items.push_back(json::object({{"file", json::text(f.file)}, {"line", std::to_string(f.line)}, {"key", json::text(f.key)}, {"what", json::text(f.what)},
        {"cure", json::text(f.cure)}}));
  out << json::object({{"ok", "false"}, {"faults", json::array(items)}}) << "\n";
}

int rules_check(arguments const& a, std::ostream& out) {
  // Rules cannot be judged without metrics and devices: DIR is the whole folder; its `rules` alone means the folder above it.
  fs::path dir = a.operands[0];
  std::error_code ec;
  if (!fs::is_directory(dir, ec)) throw std::runtime_error(dir.string() + " is no folder");
  if (!fs::exists(dir / "metrics.yaml", ec) && fs::exists(dir / ".." / "metrics.yaml", ec)) dir = fs::weakly_canonical(dir / "..", ec);
  try {
    return answer(config::load_site(dir.string()), a, out);
  } catch (config::config_error const& e) {
    print_faults(e, a.json, out);
    return 1;
  }
}

int config_check(arguments const& a, std::ostream& out) {
  auto const& file = a.option("config");
  if (std::error_code ec; !fs::exists(file, ec)) throw std::runtime_error(file + " does not exist");
  try {
    auto const s = config::load_server(file);
    config::read_secret(s.mqtt.password_file, "mqtt.password_file", file);
    config::read_secret(s.postgres.password_file, "postgres.password_file", file);
    for (auto const& [key, path] : {std::pair{"http.certificate", s.http.certificate}, std::pair{"http.key", s.http.key}, std::pair{"mqtt.ca", s.mqtt.ca},
                                    std::pair{"mqtt.certificate", s.mqtt.certificate}, std::pair{"mqtt.key", s.mqtt.key}})
      if (!path.empty() && !std::ifstream(path))
        throw config::config_error(config::fault{file, 0, key, path + " cannot be read: " + std::strerror(errno), "check the path and the permissions"});
    auto const site = config::load_site(s.config_dir);
    try {
      auto const catalogue = site.catalogue();
    } catch (std::invalid_argument const& e) {
      throw config::config_error(config::fault{s.config_dir, 0, "", e.what(), "correct it in the file that names it"});
    }
    return answer(site, a, out);
  } catch (config::config_error const& e) {
    print_faults(e, a.json, out);
    return 1;
  }
}

}  // namespace ioc::ctl
