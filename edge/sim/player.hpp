#pragma once
#include "sim/encode.hpp"
#include "sim/link.hpp"
#include "sim/scheduler.hpp"
#include "sim/story.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ioc::sim {

// Plays one story's devices: once (play) or round after round with a calm minute between (demo). All times of the story are
// divided by `speed`. Owns its devices' encoders; runs on the scheduler's thread; reaches the broker through `out` only.
class player {
 public:
  struct options {
    double speed = 1;
    bool loop = false;
    std::chrono::milliseconds pause = std::chrono::seconds(60);
    bool replies = true;
  };

  // Throws std::runtime_error when the configuration knows the unit but not one of the story's devices.
  player(story s, std::map<std::string, device> const& known, options o, scheduler& when, broker_link& out);

  void start(instant t0);
  bool done() const { return done_; }
  std::string const& unit() const { return story_.unit; }
  std::uint64_t messages() const { return messages_; }
  std::string summary() const;

  // A command for `target` of this unit; false when the story does not know the target.
  bool command(std::string const& target, std::string const& payload, instant at);

 private:
  struct execution {
    bool final = false;
    std::string state, detail;
  };

  instant scaled(double t) const;
  encoder& mouth(std::string const& device);
  void say(std::vector<message> const& all);
  void step();            // all entries of the next instant
  void calm(instant from);
  void beat_calmly(std::size_t device, instant due, int round);
  void answer(std::string const& target, std::string const& id, std::string const& state, std::string const& detail, instant at);
  void ramp(std::string const& device, effect const& e, instant from);

  story story_;
  options options_;
  scheduler& when_;
  broker_link& out_;
  std::map<std::string, encoder> mouths_;
  std::map<std::string, std::map<std::string, double>> latest_;  // device → metric → value
  std::map<std::pair<std::string, std::string>, execution> executed_;  // (target, command id)
  instant t0_{};
  std::size_t next_ = 0;
  int round_ = 0;
  bool calm_ = false;
  bool done_ = false;
  std::uint64_t messages_ = 0, commands_ = 0;
};

}  // namespace ioc::sim
