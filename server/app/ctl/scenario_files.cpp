#include "adapters/config/load.hpp"
#include "adapters/config/node.hpp"
#include "adapters/config/reader.hpp"
#include "adapters/config/write.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/export.hpp"
#include "app/ctl/json_text.hpp"
#include "perceive/metric_table.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <ostream>
#include <unistd.h>

namespace fs = std::filesystem;

namespace ioc::ctl {

namespace {

// The new text is on disk before it gets the name: a reader sees the old file or the new one, never half of one.
void write_atomically(fs::path const& file, std::string const& text) {
  auto temporary = file;
  temporary += ".new-" + std::to_string(::getpid());
  auto const fail = [&](char const* what) {
    auto const why = std::string(what) + " " + file.string() + ": " + std::strerror(errno);
    ::unlink(temporary.c_str());
    throw std::runtime_error(why);
  };
  fs::create_directories(file.parent_path());
  int const fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) fail("cannot write");
  for (std::size_t done = 0; done < text.size();) {
    auto const n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      ::close(fd);
      fail("cannot write");
    }
    done += static_cast<std::size_t>(n);
  }
  bool const synced = ::fsync(fd) == 0;
  if (::close(fd) != 0 || !synced) fail("cannot write");
  if (::rename(temporary.c_str(), file.c_str()) != 0) fail("cannot replace");
}

// Other files of the same folder that belong to the unit: their rules are in the new file now.
std::vector<fs::path> others_of(fs::path const& folder, std::string const& unit, fs::path const& kept) {
  std::vector<fs::path> out;
  std::error_code ec;
  for (auto const& e : fs::directory_iterator(folder, ec)) {
    if (e.path() == kept || (e.path().extension() != ".yaml" && e.path().extension() != ".yml")) continue;
    auto const root = config::parse_file(e.path().string());
    auto const* code = root.find("unit");
    if (code && code->scalar == unit) out.push_back(e.path());
  }
  return out;
}

}  // namespace

double fastest_speed(pipeline::unit_config const& config) {
  auto const shortest = config::shortest_window(config);
  if (!shortest) return 60;
  // Strictly above one second stays, so a window of 60 s allows 59, not 60.
  auto const us = shortest->count();
  auto const whole = (us - 1) / 1'000'000;
  if (whole >= 1) return static_cast<double>(std::min<std::int64_t>(60, whole));
  return core::to_seconds(*shortest) * 0.9;
}

int scenario_speed(arguments const& a, std::ostream& out) {
  auto const s = config::load_scenario(a.operands[0]);
  auto const speed = fastest_speed(s.config);
  if (a.json) {
    auto const shortest = config::shortest_window(s.config);
    out << json::object({{"scenario", json::text(s.id)}, {"speed", json::number(speed)}, {"shortest_window_s", json::seconds(shortest)}}) << "\n";
  } else {
    out << json::number(speed) << "\n";
  }
  return 0;
}

int scenario_export(arguments const& a, std::ostream& out) {
  auto const speed = config::decimal(a.option("speed"));
  if (!speed || *speed <= 0 || *speed > 1e6) throw usage_error("--speed " + a.option("speed") + " is no speed: write a number above 0, such as 60");
  fs::path const dir = a.option("config");
  auto const site = config::load_site(dir.string());
  perceive::metric_table const table(site.metrics);
  auto story = config::load_scenario(a.operands[0], &table);
  auto const& unit = story.config.unit.code;
  auto const* present = site.find(unit);
  if (!present)
    throw std::runtime_error("unit \"" + unit + "\" of " + a.operands[0] + " does not exist in " + (dir / "units").string() + "; add units/" + unit + ".yaml");
  refuse_unknown_devices(story.config, *present, a.operands[0]);
  config::scale(story.config, *speed);
  auto const merged = merge(story.config, *present);

  auto const heading = "Written by iocctl scenario export: " + story.id + ", all times divided by " + json::number(*speed) + ".";
  auto const name = unit + ".yaml";
  auto const rules = dir / "rules" / name, playbooks = dir / "playbooks" / name, policy = dir / "policy" / name;
  // Looked for before anything is written: a broken file among them stops the export with nothing changed.
  std::vector<fs::path> superseded;
  for (auto const& file : {rules, playbooks, policy})
    for (auto& other : others_of(file.parent_path(), unit, file)) superseded.push_back(std::move(other));
  write_atomically(rules, config::write_rules(merged, heading));
  write_atomically(playbooks, config::write_playbooks(merged, heading));
  write_atomically(policy, config::write_policy(merged, heading));
  for (auto const& other : superseded) fs::remove(other);
  config::load_site(dir.string());  // what was written must be readable; throws if not

  if (a.json)
    out << json::object({{"scenario", json::text(story.id)}, {"unit", json::text(unit)}, {"speed", json::number(*speed)},
                         {"files", json::texts({rules.string(), playbooks.string(), policy.string()})}})
        << "\n";
  else
    out << story.id << ": " << merged.rules.size() << " rules, " << merged.playbooks.size() << " playbooks of unit " << unit
        << " written, times divided by " << json::number(*speed) << "\n";
  return 0;
}

}  // namespace ioc::ctl
