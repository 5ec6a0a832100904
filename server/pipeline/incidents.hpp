#pragma once
#include "core/alert.hpp"

#include <map>
#include <set>
#include <string>

namespace ioc::pipeline {

// Alerts and reports of one zone that belong together (tests/scenarios/README.md section 5): a report, or an alert of at least
// `warning`, joins the open incident of its zone or opens one; a lower alert joins if one is open. Pure; owned by the pipeline.
class incident_book {
 public:
  void report(std::string const& zone) { open_[zone]; count_new(zone); }

  void hear(core::alert_change const& c) {
    auto const& a = c.alert;
    if (c.what == core::alert_event::raised || c.what == core::alert_event::verified) {
      if (a.severity < core::severity::warning && !open_.count(a.zone)) return;
      open_[a.zone];
      count_new(a.zone);
      auto& i = open_[a.zone];
      i.had_alerts = true;
      i.active.insert(a.id);
    } else if (!a.active()) {
      if (auto const i = open_.find(a.zone); i != open_.end()) i->second.active.erase(a.id);
    }
  }

  // At the end of an instant: an incident that has had alerts and has none active is closed.
  void conclude() {
    std::erase_if(open_, [](auto const& e) { return e.second.had_alerts && e.second.active.empty(); });
  }

  int opened() const { return opened_; }

 private:
  struct incident {
    bool counted = false;
    bool had_alerts = false;
    std::set<core::uuid> active;
  };
  void count_new(std::string const& zone) {
    auto& i = open_[zone];
    if (!i.counted) ++opened_;
    i.counted = true;
  }
  std::map<std::string, incident> open_;
  int opened_ = 0;
};

}  // namespace ioc::pipeline
