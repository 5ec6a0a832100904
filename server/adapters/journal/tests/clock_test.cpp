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

TEST(arrival_clock, follows_a_step_ahead_at_once) {
  arrival_clock c(at(1000), up(0), at(0));
  c.steer(at(1000) + hours{5}, up(200));
  EXPECT_EQ(c.stamp(up(200)), at(1000) + hours{5});
}

TEST(arrival_clock, never_goes_back_and_meets_a_clock_that_was_set_back) {
  arrival_clock c(at(1000), up(0), at(0));
  auto last = c.stamp(up(0));
  for (std::int64_t ms = 200; ms <= 700'000; ms += 200) {  // the wall clock is one minute behind from the start on
    auto const wall = at(940) + milliseconds{ms};
    c.steer(wall, up(ms));
    auto const now = c.stamp(up(ms));
    EXPECT_GE(now, last);
    last = now;
    if (ms <= 500'000) {
      EXPECT_GT(now, wall);
    }
  }
  EXPECT_EQ(last, at(940) + seconds{700});
}

}  // namespace
}  // namespace ioc::journal
