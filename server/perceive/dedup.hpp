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
  std::uint8_t kind = 0;                // records of different kinds may count for themselves
  std::optional<core::time_point> t;    // the device's own, as it came
  std::optional<std::uint64_t> seq;
};

// The records that one device has sent, so that a redelivery is known as one, for 7 days. Owned by the hearer's state. The last ones are
// kept exactly: 1,024 of a device that counts its records (16 bytes each; fewer where there are thousands of devices, see exact_for), 8,192 of
// one that does not (8 bytes; 22 h at one in 10 s). What a counting device sent before is kept as runs of evenly spaced seq and rising ts, 256 at
// most: a week without a gap is one run. A record counts as one of a run only near the line from its beginning to its end, so that a device
// which counts anew with a clock set back is heard.
class dedup_memory {
 public:
  // How many of a counting device's records are kept exactly where so many devices are known: 48 MiB for all of them together.
  static std::size_t exact_for(std::size_t devices);
  static constexpr std::size_t most_exact = 1024;
  static constexpr std::size_t capacity = 8192;
  static constexpr std::size_t most_runs = 256;
  static constexpr std::chrono::days horizon{7};
  // For records without seq and ts: so many before, and so long ago, can still be in flight when the link breaks.
  static constexpr std::size_t dup_window = 64;
  static constexpr std::chrono::minutes dup_age{2};

  bool knows(record_key const& k, bool dup, core::time_point now) const;
  void remember(record_key const& k, core::time_point now, std::size_t exact);
  bool newer_than_all(core::time_point t) const { return t > newest_; }

  template <class A>
  void io(A& a) {
    a(recent_, times_, next_, newest_, forgotten_, highest_, runs_);
  }

 private:
  // Every `step`th seq from `first` to `last`, their ts rising from `from` to `to`. A run of one record has no step yet (0).
  struct run {
    std::uint8_t kind = 0;
    std::uint64_t first = 0, last = 0, step = 0;
    core::time_point from, to;
    core::time_point heard;  // arrival of its last
    template <class A>
    void io(A& a) {
      a(kind, first, last, step, from, to, heard);
    }
    bool holds(std::uint64_t seq, core::time_point t) const;
    bool goes_on_with(std::uint64_t seq, core::time_point t) const;
  };
  void fit(std::size_t most);
  static bool young(std::uint64_t entry, core::time_point now, core::duration age);
  void extend(record_key const& k, core::time_point now);

  std::vector<std::uint64_t> recent_;  // a ring once it is full; 46 bits of the hash, 18 of the arrival's minute
  std::vector<core::time_point> times_;  // of the same, once the device counts
  std::uint64_t next_ = 0;
  core::time_point newest_{core::duration{std::numeric_limits<std::int64_t>::min()}};
  core::time_point forgotten_{core::duration{std::numeric_limits<std::int64_t>::min()}};  // nothing newer has left the ring
  std::optional<std::uint64_t> highest_;  // seq among records without ts
  std::vector<run> runs_;                 // in the order in which they were heard last
};

}  // namespace ioc::perceive
