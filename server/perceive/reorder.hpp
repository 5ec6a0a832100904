#pragma once
#include "core/observation.hpp"
#include "perceive/catalogue.hpp"
#include "perceive/device_view.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ioc::perceive {

// Puts the records of sources with `allowed_lateness` in the order of their event time. Each is held until the server's clock passes
// its event time by that much (its arrival, where its clock is ahead), and is then weighed beside its predecessors in event time. The
// same records, whatever order they came in within that time, come out the same. What comes later still is marked late, as without it.
// One a unit, owned by the pipeline; pure; saved with the pipeline's state.
class reorder {
 public:
  static constexpr std::size_t most = 50'000;  // held at once; above, the oldest go out early: memory is bounded

  void put(core::observation o);
  // When the next is due; a past time when too many are held. Nothing = none is held.
  std::optional<core::time_point> next() const;
  // Those due at `now`, in the order of event time: by device and `seq` where times are equal.
  std::vector<core::observation> take(core::time_point now, catalogue const& known);
  bool idle() const { return held_.empty(); }
  // What was held for a device that has been withdrawn is dropped: nobody judges it.
  void keep(registry const& devices);

  template <class A>
  void io(A& a) {
    a(held_, count_, latest_);
  }

 private:
  std::map<core::time_point, std::vector<core::observation>> held_;  // by when they are due
  std::uint64_t count_ = 0;
  std::map<std::string, std::map<std::string, latest_value>> latest_;  // device → series, as they came out
};

}  // namespace ioc::perceive
