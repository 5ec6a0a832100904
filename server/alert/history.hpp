#pragma once
#include "alert/engine.hpp"

#include <map>
#include <memory>
#include <string>

namespace ioc::alert {

// Judges readings that came after newer ones of their series: a gateway's backlog sent behind live data. They can change nothing that is
// live, but what they show did happen, so it is recorded as retrospective alerts. Each device with such a backlog has a lane: a small
// engine with the rules that read this device's series, fed in the order of arrival. Owned by its unit's machine; pure like the engine.
class history {
 public:
  static constexpr std::size_t max_lanes = 1'000;         // a unit; further devices' late data are stored and not judged
  static constexpr std::chrono::minutes quiet_for{2};     // so long after its last late reading a lane ends

  // `s` is the setup of the unit's engine, which must outlive this.
  explicit history(setup const& s) : setup_(&s) {}

  // One late sample. Alerts that it raises or ends are handed to `live`, which owns all alerts.
  void sample(std::string const& device, std::string const& metric, core::time_point t, double v, core::quality q, core::time_point known,
              engine& live, changes& out);
  // The device has said something fresh at `known`: a lane that has been quiet ends, with its alerts.
  void settle(std::string const& device, core::time_point known, engine& live, changes& out);
  bool idle() const { return lanes_.empty(); }

  struct saved_lane {
    engine_state state;
    core::time_point last_known, last_t;
    template <class A>
    void io(A& a) { a(state, last_known, last_t); }
  };
  using saved = std::map<std::string, saved_lane>;
  saved save() const;
  void restore(saved s);

 private:
  struct lane {
    std::unique_ptr<engine> judge;
    core::time_point last_known, last_t;
  };
  lane make(std::string const& device) const;
  static void pass_on(changes const& found, engine& live, changes& out);

  setup const* setup_;
  std::map<std::string, lane> lanes_;
};

}  // namespace ioc::alert
