#pragma once
#include "adapters/config/scenario.hpp"
#include "core/observation.hpp"
#include "core/command.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ioc::ctl {

// The world of a story: what arrives at which instant. Samples, heartbeats, events and the rest come from the timeline; answers of
// targets and the movements that they cause are set up while the story runs. Owned by one play.
class stage_props {
 public:
  explicit stage_props(config::scenario const& story);

  std::optional<core::time_point> next() const;
  // What is due at t: timeline entries in file order, then replies and effect samples in the order in which they were set up.
  // Observations are made at once; other entries are handed out.
  struct arrivals {
    std::vector<core::observation> from_timeline;
    std::vector<config::timeline_entry const*> entries;  // reports, links, plans, operator entries, in file order
    std::vector<core::observation> set_up;
  };
  arrivals take(core::time_point t);

  // An attempt went out: its target's answer is set up, or nothing when it stays silent. An answer that would come after the
  // timeout is silence.
  void answer(core::command_send const& s, core::time_point t);

 private:
  struct due {
    core::time_point at;
    std::uint64_t order;
    auto operator<=>(due const&) const = default;
  };
  struct pending {
    core::observation said;
    config::entry::reply_effect const* effect = nullptr;
    std::uint64_t ramp = 0;  // not 0 = a sample of this movement
  };
  core::observation blank(std::string const& device, core::time_point t) const;
  void note(core::observation const& o);
  void move(std::string const& device, config::entry::reply_effect const& e, core::time_point t);
  void put(core::time_point at, pending p) { set_up_.emplace(due{at, ++order_}, std::move(p)); }

  config::scenario const& story_;
  std::multimap<core::time_point, std::pair<std::size_t, core::observation>> samples_;  // (place in the file, what is said)
  std::multimap<core::time_point, std::size_t> entries_;
  std::map<due, pending> set_up_;
  std::map<std::pair<std::string, std::string>, double> latest_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> ramps_;  // the running movement of a metric
  std::uint64_t order_ = 0;
};

}  // namespace ioc::ctl
