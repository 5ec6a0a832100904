#pragma once
#include "adapters/journal/journal.hpp"
#include "core/observation.hpp"
#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ioc::app {

// Tells devices that keep their records (tag `receipts`) how far PostgreSQL has them: `receipt {"seq": n}` says that everything up to n
// is there, so n never passes a hole. A hole is given up when the device has gone on for ten minutes without filling it: it no longer
// has that record. Owned by the runner, used on its thread; saved with its state. `position` = journal position after the record.
class receipts {
 public:
  using steady = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::minutes hole_patience{10};
  static constexpr std::chrono::seconds pace{1};
  static constexpr std::size_t most_ahead = 100'000;  // records kept behind a hole, for each device

  // One new record, with its event time, was worked in. A lower seq with a newer time is a device that restarted: it begins anew.
  void heard(core::device_ref const& d, std::uint64_t seq, core::time_point t, journal::position at, steady now);
  // It sent something that is known already: the last receipt did not reach it.
  void repeated(core::device_ref const& d);

  struct due {
    core::device_ref device;
    std::uint64_t seq = 0;
  };
  // What is to be said now: each device at most once a second, and only what is news since the last one that `sent()` confirmed.
  std::vector<due> take(journal::position committed, steady now);
  void sent(due const& d, steady now);

  // A block at the end of the saved state; one without it (of an older version) gives an empty memory.
  std::string saved() const;
  std::string_view restore(std::string_view state);  // returns what stands before the block

 private:
  struct memory {
    std::optional<std::uint64_t> upto;               // all up to here was worked in
    std::map<std::uint64_t, journal::position> ahead;  // beyond a hole
    std::deque<std::pair<std::uint64_t, journal::position>> waiting;  // rises of `upto`, not yet committed
    std::optional<std::uint64_t> said, stored;
    core::time_point newest{};
    steady hole_since{}, said_at{};
    void rise(std::uint64_t seq, journal::position at);
    void close_up();
  };
  std::map<std::pair<std::string, std::string>, memory> devices_;
};

}  // namespace ioc::app
