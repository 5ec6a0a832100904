#include "app/live_view.hpp"
#include "perceive/tests/fixture.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using namespace ioc::perceive::test;

namespace {

std::vector<postgres::rejected_row> rows_of(core::raw_message m) {
  perceive::hearer h(small_catalogue());
  auto const v = h.hear(m);
  postgres::batch b;
  journal::record r;
  r.at = 77;
  r.message = std::move(m);
  app::add_rejection(v, r, b);
  return b.rejected;
}

TEST(rejection, of_a_batch_has_a_row_for_each_refused_record_with_its_own_text) {
  std::string batch = "[\n";
  for (int i = 1; i <= 97; ++i) batch += record(i, static_cast<std::uint64_t>(i), R"({"level":1})") + ",\n";
  auto const rows = rows_of(telemetry(batch + record(98, 98, R"({"level":{"v":2,"u":"kg"}})") + " , 5, " + record(99, 99, R"({"level":[1,2]})") + "]", 200));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].payload, record(98, 98, R"({"level":{"v":2,"u":"kg"}})"));
  EXPECT_EQ(rows[0].reason, R"(record 98 of 100: unit "kg" of water_level cannot be turned into "m")");
  EXPECT_EQ(rows[1].payload, "5");
  EXPECT_EQ(rows[1].reason, "record 99 of 100: a record is an object");
  EXPECT_EQ(rows[2].payload, record(99, 99, R"({"level":[1,2]})"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rows[static_cast<std::size_t>(i)].position, 77u);
    EXPECT_EQ(rows[static_cast<std::size_t>(i)].part, 98 + i);
    EXPECT_EQ(rows[static_cast<std::size_t>(i)].unit, "03478");
  }
}

TEST(rejection, of_one_message_keeps_a_hundred_rows_and_counts_the_rest) {
  std::string batch = "[5";
  for (int i = 1; i < 123; ++i) batch += ",5";
  auto const rows = rows_of(telemetry(batch + "]"));
  ASSERT_EQ(rows.size(), 100u);
  EXPECT_EQ(rows.front().reason, "record 1 of 123: a record is an object");
  EXPECT_EQ(rows.back().reason, "record 100 of 123: a record is an object; and 23 more refused records of this batch, which are counted and not kept");
}

TEST(rejection, of_a_whole_message_is_one_row) {
  auto const rows = rows_of(telemetry("no JSON"));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].part, 0);
  EXPECT_EQ(rows[0].payload, "no JSON");
  EXPECT_EQ(rows_of(raw("ioc/v1/99999/D/telemetry", "{}")).at(0).unit, "99999");
  EXPECT_EQ(rows_of(raw("ioc/v1", "{}")).at(0).unit, "");
  EXPECT_TRUE(rows_of(telemetry(record(1, 1, R"({"level":1})"))).empty());
}

}  // namespace
