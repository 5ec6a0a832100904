#pragma once
#include "core/time.hpp"

#include <algorithm>
#include <chrono>

namespace ioc::journal {

// Arrival stamps that never go back, whatever is done to the wall clock: the wall clock at the start, or the last record's stamp if
// that is later, plus the steady clock. steer() follows the wall clock: a step ahead at once (a machine without a battery clock gets
// its time after the boot), a step back by running 10 % slower until both agree. No clock call in here; the journal's lock guards it.
class arrival_clock {
 public:
  using steady = std::chrono::steady_clock::time_point;

  arrival_clock(core::time_point wall, steady now, core::time_point last_stamp) noexcept
      : base_(std::max(wall, last_stamp)), base_at_(now), last_(last_stamp) {}

  core::time_point stamp(steady now) noexcept { return last_ = std::max(last_, running(now)); }

  void steer(core::time_point wall, steady now) noexcept {
    auto const here = running(now);
    auto const ahead = here - wall;
    auto const most = std::chrono::floor<core::duration>(now - base_at_) / 10;
    base_ = ahead > core::duration::zero() ? here - std::min(ahead, most) : wall;
    base_at_ = now;
  }

 private:
  core::time_point running(steady now) const noexcept { return base_ + std::chrono::floor<core::duration>(now - base_at_); }

  core::time_point base_;
  steady base_at_;
  core::time_point last_;
};

}  // namespace ioc::journal
