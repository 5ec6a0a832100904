#pragma once
#include "core/time.hpp"

#include <algorithm>
#include <chrono>

namespace ioc::journal {

// Arrival stamps that never go back and that no step of the wall clock moves: the wall clock at the start, or the last record's stamp if
// that is later, plus the steady clock. steer() follows the wall clock's drift, at most 1 %. A step is left alone until the next start,
// so it shifts no timer and makes no reading late; but for the machine without a battery clock that gets its time within ten minutes
// of the start. No clock call in here; the journal's lock guards it.
class arrival_clock {
 public:
  using steady = std::chrono::steady_clock::time_point;

  arrival_clock(core::time_point wall, steady now, core::time_point last_stamp) noexcept
      : base_(std::max(wall, last_stamp)), base_at_(now), began_(now), last_(last_stamp) {}

  core::time_point stamp(steady now) noexcept { return last_ = std::max(last_, running(now)); }

  void steer(core::time_point wall, steady now) noexcept {
    auto const here = running(now);
    auto const off = wall - here;
    auto const most = std::chrono::floor<core::duration>(now - base_at_) / 100;
    if (off > std::chrono::days{1} && now - began_ < std::chrono::minutes{10}) base_ = wall;
    else if (std::chrono::abs(off) <= std::chrono::seconds{2}) base_ = here + std::clamp(off, -most, most);
    else base_ = here;
    base_at_ = now;
  }

 private:
  core::time_point running(steady now) const noexcept { return base_ + std::chrono::floor<core::duration>(now - base_at_); }

  core::time_point base_;
  steady base_at_;
  steady began_;
  core::time_point last_;
};

}  // namespace ioc::journal
