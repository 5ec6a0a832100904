#pragma once
#include "core/alert.hpp"
#include "core/unit.hpp"

#include <set>
#include <vector>

namespace ioc::ctl {

// What has to reach the province and when (tests/scenarios/README.md section 5): each verified alert of a listed severity once, at
// its raise, or, raised with the uplink down, when it is up again, in raise order, even if it has cleared by then. Pure.
class uplink_queue {
 public:
  explicit uplink_queue(std::set<core::severity> listed) : listed_(std::move(listed)) {}

  void link(bool up) { up_ = up; }
  void hear(core::alert_change const& c) {
    if (c.what != core::alert_event::raised && c.what != core::alert_event::verified) return;
    if (c.alert.verified && !c.alert.retrospective && listed_.contains(c.alert.severity) && known_.insert(c.alert.id).second) waiting_.push_back(c.alert.id);
  }
  // At the end of an instant: the alerts that arrive now.
  std::vector<core::uuid> conclude() { return up_ ? std::exchange(waiting_, {}) : std::vector<core::uuid>{}; }

 private:
  std::set<core::severity> listed_;
  bool up_ = true;
  std::vector<core::uuid> waiting_;
  std::set<core::uuid> known_;
};

}  // namespace ioc::ctl
