#pragma once
#include "sim/encode.hpp"
#include "sim/link.hpp"
#include "sim/scheduler.hpp"

#include <map>
#include <string>

namespace ioc::sim {

// The devices that take part in no story: they speak every 10 to 30 s with values that wander a little and cross no limit,
// and carry out whatever their model can. Runs on the scheduler's thread.
class calm_devices {
 public:
  calm_devices(std::map<std::string, device> const& known, scheduler& when, broker_link& out);

  void start(instant t0);
  std::size_t count() const { return mouths_.size(); }
  std::uint64_t messages() const { return messages_; }
  // False when no calm device has this name.
  bool command(std::string const& unit, std::string const& target, std::string const& payload, instant at);

 private:
  struct member {
    encoder mouth;
    int ticks = 0;
    double counter = 0;  // energy, rain: only rises
  };
  void tick(std::string const& key, instant due);

  scheduler& when_;
  broker_link& out_;
  std::map<std::string, member> mouths_;  // by "unit/id"
  std::map<std::string, bool> executed_;
  std::uint64_t messages_ = 0;
};

// What a calm device of this type senses at its n-th tick; empty = it only says that it is there. Deterministic.
std::vector<sample> calm_values(device const& d, int tick, double& counter);

}  // namespace ioc::sim
