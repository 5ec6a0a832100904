#include "core/time.hpp"

#include <gtest/gtest.h>

using namespace ioc::core;

namespace {

struct iso_case {
  char const* name;
  char const* text;
  char const* want;  // null = refused
};

class iso : public testing::TestWithParam<iso_case> {};

TEST_P(iso, reads) {
  auto const t = from_iso(GetParam().text);
  if (!GetParam().want) {
    EXPECT_FALSE(t);
  } else {
    ASSERT_TRUE(t);
    EXPECT_EQ(to_iso(*t), GetParam().want);
  }
}

INSTANTIATE_TEST_SUITE_P(
    texts, iso,
    testing::Values(iso_case{"zulu", "2027-07-24T16:50:00Z", "2027-07-24T16:50:00.000Z"},
                    iso_case{"offset", "2027-07-24T23:50:00+07:00", "2027-07-24T16:50:00.000Z"},
                    iso_case{"offset_without_colon", "2027-07-24T12:50:00-0400", "2027-07-24T16:50:00.000Z"},
                    iso_case{"nanoseconds_are_floored", "2026-01-05T02:00:00.775923242+00:00", "2026-01-05T02:00:00.775Z"},
                    iso_case{"leap_second", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
                    iso_case{"naive_is_refused", "2027-07-24T16:50:00", nullptr}, iso_case{"no_such_day", "2027-02-29T00:00:00Z", nullptr},
                    iso_case{"hour_24", "2027-02-28T24:00:00Z", nullptr}, iso_case{"rubbish_behind", "2027-02-28T23:00:00Zx", nullptr},
                    iso_case{"dot_without_digits", "2027-02-28T23:00:00.Z", nullptr}, iso_case{"empty", "", nullptr}),
    [](auto const& row) { return row.param.name; });

TEST(time, naive_text_takes_the_offset_given) {
  auto const t = from_iso("2027-07-24 23:50:00", std::chrono::hours{7});
  ASSERT_TRUE(t);
  EXPECT_EQ(to_iso(*t), "2027-07-24T16:50:00.000Z");
}

TEST(time, before_1970_floors_downwards) { EXPECT_EQ(to_iso(from_us(-1)), "1969-12-31T23:59:59.999Z"); }

}  // namespace
