#include "adapters/journal/arrival_clock.hpp"

#include <gtest/gtest.h>

namespace ioc::journal {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

core::time_point at(std::int64_t s) { return core::from_us(s * 1'000'000); }
arrival_clock::steady up(std::int64_t ms) { return arrival_clock::steady{milliseconds{ms}}; }

TEST(arrival_clock, runs_with_the_steady_clock) {
  arrival_clock c(at(1000), up(0), at(0));
  EXPECT_EQ(c.stamp(up(0)), at(1000));
  EXPECT_EQ(c.stamp(up(2500)), at(1002) + milliseconds{500});
}

TEST(arrival_clock, starts_at_the_last_record_when_the_wall_clock_was_set_back) {
  arrival_clock c(at(1000), up(0), at(5000));
  EXPECT_EQ(c.stamp(up(0)), at(5000));
  EXPECT_EQ(c.stamp(up(1000)), at(5001));
}

TEST(arrival_clock, follows_the_first_time_of_a_machine_without_a_battery_clock) {
  arrival_clock c(at(1000), up(0), at(0));
  c.steer(at(1000) + hours{24 * 365}, up(200));
  EXPECT_EQ(c.stamp(up(200)), at(1000) + hours{24 * 365});
}

TEST(arrival_clock, is_moved_by_no_step_of_the_wall_clock) {
  for (auto const step : {hours{1}, hours{-1}, hours{48}, hours{-48}}) {
    arrival_clock c(at(1'000'000), up(0), at(0));
    c.steer(at(1'000'000) + seconds{1'000}, up(1'000'000));
    for (std::int64_t ms = 1'000'200; ms <= 1'060'000; ms += 200) c.steer(at(1'000'000) + step + milliseconds{ms}, up(ms));
    EXPECT_EQ(c.stamp(up(1'060'000)), at(1'001'060)) << step.count();
  }
}

TEST(arrival_clock, follows_a_drift_without_going_back) {
  for (int const sign : {1, -1}) {
    arrival_clock c(at(1000), up(0), at(0));
    auto last = c.stamp(up(0));
    for (std::int64_t ms = 200; ms <= 400'000; ms += 200) {  // the wall clock is 1.5 s off from the start on
      c.steer(at(1000) + milliseconds{ms + sign * 1500}, up(ms));
      auto const now = c.stamp(up(ms));
      EXPECT_GE(now, last);
      last = now;
    }
    EXPECT_EQ(last, at(1400) + milliseconds{sign * 1500});
  }
}

}  // namespace
}  // namespace ioc::journal
