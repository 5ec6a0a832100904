#pragma once
#include "core/time.hpp"
#include "core/value.hpp"
#include "perceive/dedup.hpp"

#include <map>
#include <optional>
#include <string>

namespace ioc::perceive {

// The newest value of one series by event time.
struct latest_value {
  core::value v;
  core::quality q = core::quality::good;
  core::time_point t;
  core::time_point known_at;

  template <class A>
  void io(A& a) {
    a(v, q, t, known_at);
  }
};

// What is known of one device from its own messages: the live view. Part of the hearer's state.
// `last_seen` = arrival of the last message that proves life (no retained copy, no will); `online` = what status messages,
// wills and any later sign of life say, unknown before the first; `state` = name of its latest event.
// `clock_wrong`: its last stamped record lay too far ahead and was judged by arrival. `missed` = records that its `seq` says
// were sent and that never came; one that still comes is taken off again.
struct device_view {
  std::map<std::string, latest_value> latest;  // by canonical "metric" or "metric/channel"
  std::optional<core::time_point> last_seen;
  std::optional<bool> online;
  std::string state;
  core::time_point state_at;
  bool clock_wrong = false;
  std::optional<std::uint64_t> last_seq;
  std::uint64_t missed = 0;
  dedup_memory heard;

  template <class A>
  void io(A& a) {
    a(latest, last_seen, online, state, state_at, clock_wrong, last_seq, missed, heard);
  }
};

}  // namespace ioc::perceive
