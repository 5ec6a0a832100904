#pragma once
#include "core/time.hpp"
#include "perceive/dedup.hpp"
#include "perceive/latest_values.hpp"
#include "perceive/quota.hpp"

#include <optional>
#include <string>

namespace ioc::perceive {

// Whether a device's clock is steadily behind: its stamps lag the arrival by the same amount, message after message, at the pace at
// which it normally speaks. A backlog does not look so: its stamps run faster than the arrivals.
struct clock_watch {
  core::duration lag{};
  core::time_point arrival;
  std::uint8_t steady = 0;
  static constexpr std::uint8_t enough = 5;

  // Told of each message's newest stamp. `behind` = the lag is more than what is allowed.
  void hear(core::time_point t, core::time_point now, core::duration allowed);
  bool behind() const { return steady >= enough; }

  template <class A>
  void io(A& a) {
    a(lag, arrival, steady);
  }
};

// What is known of one device from its own messages: the live view. Part of the hearer's state.
// `last_seen` = arrival of the last message that proves life (no retained copy, no will); `online` = what status messages,
// wills and any later sign of life say, unknown before the first; `said_at` = the newest status by its own time, `told_at` = by arrival
// the newest sign that has none; `state` = name of its latest event.
// `clock_wrong`: its last stamped record lay too far ahead, or its clock is steadily behind: judged by arrival. `missed` = records that its `seq` says
// were sent and that never came; one that still comes is taken off again.
struct device_view {
  latest_values latest;  // saved by the hearer, which knows the lists of names
  std::optional<core::time_point> last_seen;
  std::optional<bool> online;
  core::time_point said_at, told_at;
  std::string state;
  core::time_point state_at;
  bool clock_wrong = false;
  std::optional<std::uint64_t> last_seq;
  std::uint64_t missed = 0;
  dedup_memory heard;
  clock_watch clock;
  perceive::quota quota;

  template <class A>
  void io(A& a) {
    a(last_seen, online, said_at, told_at, state, state_at, clock_wrong, last_seq, missed, heard, clock, quota);
  }
};

}  // namespace ioc::perceive
