#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ioc::sim {

// From an ok reply on, the target's metric moves in a straight line to `ramp_to` (seconds of the story).
struct effect {
  std::string metric;
  double ramp_to = 0;
  double over_s = 0;
};

// How a target answers each attempt of a command. `result` = ok, error or none (silence).
struct device_reply {
  std::string result;
  double after_s = 0;
  std::string reason;
  std::optional<sim::effect> effect;
};

enum class entry_kind { sample, heartbeat, event };

// One thing that a device says at story second `t`.
struct entry {
  double t = 0;
  entry_kind kind = entry_kind::sample;
  std::string device;
  std::string name;  // metric or event
  double value = 0;
};

struct story_device {
  std::string id;
  std::string type;
  double pace_s = 0;  // of its heartbeat or its quickest series; 0 = it says nothing by itself
  bool beats = false;
  std::map<std::string, double> first;  // first value of each metric
};

// A scenario file (ioc-scenario/1) as the devices live it: rules, playbooks and what is expected are the server's affair.
struct story {
  std::string id;
  std::string unit;
  double duration_s = 0;
  std::vector<story_device> devices;
  std::vector<entry> entries;  // by time, in file order within an instant
  std::map<std::pair<std::string, std::string>, device_reply> replies;  // (command, target)
  std::vector<std::string> targets;  // of all commands, also those that are no devices (a group, a team)
  std::map<std::string, int> skipped;  // entries that are no devices' doing, by kind
};

// Throws std::runtime_error, one plain sentence with the file's name.
story load_story(std::string const& file);

}  // namespace ioc::sim
