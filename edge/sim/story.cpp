#include "sim/story.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace ioc::sim {
namespace {

void read_entry(YAML::Node const& n, story& s) {
  auto const kind = n["kind"].as<std::string>();
  if (kind == "series") {
    double const start = n["start"].as<double>(), step = n["step"].as<double>();
    double i = 0;
    for (auto const& v : n["values"]) s.entries.push_back({start + step * i++, entry_kind::sample, n["device"].as<std::string>(), n["metric"].as<std::string>(), v.as<double>()});
  } else if (kind == "telemetry") {
    s.entries.push_back({n["t"].as<double>(), entry_kind::sample, n["device"].as<std::string>(), n["metric"].as<std::string>(), n["value"].as<double>()});
  } else if (kind == "heartbeat") {
    double const from = n["from"].as<double>(), to = n["to"].as<double>(), step = n["step"].as<double>();
    if (step <= 0) throw std::runtime_error("a heartbeat's step is above 0");
    for (double i = 0; from + step * i <= to + 1e-9; ++i) s.entries.push_back({from + step * i, entry_kind::heartbeat, n["device"].as<std::string>(), "", 0});
  } else if (kind == "event") {
    s.entries.push_back({n["t"].as<double>(), entry_kind::event, n["device"].as<std::string>(), n["event"].as<std::string>(), 0});
  } else if (kind == "device_reply") {
    device_reply r;
    r.result = n["result"].as<std::string>();
    if (r.result != "ok" && r.result != "error" && r.result != "none") throw std::runtime_error("a device_reply's result is ok, error or none");
    if (n["after_s"]) r.after_s = n["after_s"].as<double>();
    if (n["reason"]) r.reason = n["reason"].as<std::string>();
    if (auto const e = n["effect"]) r.effect = effect{e["metric"].as<std::string>(), e["ramp_to"].as<double>(), e["over_s"].as<double>()};
    s.replies[{n["command"].as<std::string>(), n["target"].as<std::string>()}] = r;
  } else {
    ++s.skipped[kind];
  }
}

// Pace and first values of each device: what it says while nothing happens.
void read_habits(story& s) {
  for (auto& d : s.devices) {
    std::map<std::string, double> before;
    for (auto const& e : s.entries) {
      if (e.device != d.id || e.kind == entry_kind::event) continue;
      if (e.kind == entry_kind::heartbeat) d.beats = true;
      else d.first.emplace(e.name, e.value);
      auto const key = e.kind == entry_kind::heartbeat ? "" : e.name;
      if (auto const it = before.find(key); it != before.end() && e.t > it->second)
        d.pace_s = d.pace_s == 0 ? e.t - it->second : std::min(d.pace_s, e.t - it->second);
      before[key] = e.t;
    }
  }
}

}  // namespace

story load_story(std::string const& file) {
  try {
    auto const doc = YAML::LoadFile(file);
    if (!doc["schema"] || doc["schema"].as<std::string>() != "ioc-scenario/1") throw std::runtime_error("this is no ioc-scenario/1 file");
    story s;
    s.id = doc["id"].as<std::string>();
    s.unit = doc["unit"]["code"].as<std::string>();
    s.duration_s = doc["duration_s"].as<double>();
    std::set<std::string> known, targets;
    for (auto const& n : doc["devices"]) {
      s.devices.push_back({n["id"].as<std::string>(), n["type"].as<std::string>(), 0, false, {}});
      known.insert(s.devices.back().id);
    }
    for (auto const& n : doc["timeline"]) {
      read_entry(n, s);
      if (n["kind"].as<std::string>() == "schedule")
        for (auto const& t : n["targets"]) targets.insert(t.as<std::string>());
    }
    for (auto const& e : s.entries)
      if (!known.count(e.device)) throw std::runtime_error("the timeline names the device " + e.device + ", which the file does not define");
    for (auto const& p : doc["playbooks"])
      for (auto const& step : p["steps"])
        if (step["targets"] && step["targets"].IsSequence())
          for (auto const& t : step["targets"]) targets.insert(t.as<std::string>());
    for (auto const& [key, r] : s.replies) targets.insert(key.second);
    for (auto const& d : s.devices) targets.insert(d.id);
    s.targets.assign(targets.begin(), targets.end());
    std::stable_sort(s.entries.begin(), s.entries.end(), [](entry const& a, entry const& b) { return a.t < b.t; });
    std::erase_if(s.entries, [&](entry const& e) { return e.t > s.duration_s; });
    read_habits(s);
    return s;
  } catch (YAML::Exception const& e) {
    throw std::runtime_error(file + ": " + e.what());
  } catch (std::runtime_error const& e) {
    throw std::runtime_error(file + ": " + e.what());
  }
}

}  // namespace ioc::sim
