#pragma once
#include "core/time.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace ioc::perceive {

// What tells one record of a device from another. `hash` covers what the contract compares: kind, seq and ts; without one
// of them the content. `certain` = it carries seq, ts or the vendor's own mark; without, only DUP can make it a repeat.
struct record_key {
  std::uint64_t hash = 0;
  bool certain = true;
  std::optional<core::time_point> t;   // the device's own, as it came
  std::optional<std::uint64_t> seq;
};

// The records that one device has sent lately, so that a redelivery is known as one. Owned by the hearer's state.
// Limit: the last 4,096 records, and of these only 7 days: a device that speaks more often than once in 2.5 minutes is
// remembered for less than 7 days. 12 bytes a record, taken as records come.
class dedup_memory {
 public:
  static constexpr std::size_t capacity = 4096;
  static constexpr std::chrono::days horizon{7};
  // For records without seq and ts: so many before, and so long ago, can still be in flight when the link breaks.
  static constexpr std::size_t dup_window = 64;
  static constexpr std::chrono::minutes dup_age{2};

  bool knows(record_key const& k, bool dup, core::time_point now) const;
  void remember(record_key const& k, core::time_point now);
  bool newer_than_all(core::time_point t) const { return t > newest_; }

  template <class A>
  void io(A& a) {
    a(hashes_, minutes_, next_, newest_, highest_);
  }

 private:
  bool within(std::size_t i, core::time_point now, core::duration age) const;

  std::vector<std::uint64_t> hashes_;   // a ring once it is full
  std::vector<std::uint32_t> minutes_;  // arrival, minutes since 1970
  std::uint64_t next_ = 0;
  core::time_point newest_{core::duration{std::numeric_limits<std::int64_t>::min()}};
  std::optional<std::uint64_t> highest_;  // seq among records without ts
};

}  // namespace ioc::perceive
