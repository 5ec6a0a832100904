#include "adapters/journal/tests/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace ioc::journal::test {
namespace {

using testing::HasSubstr;
using std::chrono::milliseconds;

TEST(journal, gives_back_what_was_appended) {
  scratch s;
  auto const j = s.open();
  struct row {
    record_kind kind;
    std::string topic, payload;
    std::uint8_t qos;
    bool dup, retain;
  };
  std::vector<row> const rows{{record_kind::message, "ioc/v1/03478/WL-01/telemetry", R"({"values":{"water_level":1.2}})", 1, false, false},
                              {record_kind::message, "", "", 0, false, false},
                              {record_kind::operation, "ack", std::string("\0\xff\0", 3), 0, false, false},
                              {record_kind::sent, "x", std::string(40000, 'p'), 2, true, true},
                              {record_kind::mark, std::string(65535 - 40000, 't'), "m", 3, true, false}};
  auto const before = std::chrono::system_clock::now();
  std::vector<position> after;
  for (auto const& r : rows) after.push_back(j->append(r.kind, r.topic, r.payload, r.qos, r.dup, r.retain).value());
  position at = j->begin();
  position last = at;
  core::time_point arrival{};
  record got;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_TRUE(j->read(at, got)) << i;
    EXPECT_EQ(got.kind, rows[i].kind) << i;
    EXPECT_EQ(got.message.topic, rows[i].topic) << i;
    EXPECT_EQ(got.message.payload, rows[i].payload) << i;
    EXPECT_EQ(got.message.qos, rows[i].qos) << i;
    EXPECT_EQ(got.message.dup, rows[i].dup) << i;
    EXPECT_EQ(got.message.retain, rows[i].retain) << i;
    EXPECT_EQ(got.next, after[i]) << i;
    EXPECT_EQ(at, after[i]) << i;
    EXPECT_GE(got.at, last) << i;
    EXPECT_GE(got.message.arrival, arrival) << i;
    last = got.next;
    arrival = got.message.arrival;
  }
  EXPECT_FALSE(j->read(at, got));
  EXPECT_LT(std::chrono::abs(arrival - before), std::chrono::seconds{5});
}

TEST(journal, rolls_over_segments_and_reopens) {
  scratch s;
  std::vector<std::string> written;
  position end = 0;
  {
    auto const j = s.open();
    for (int i = 0; i < 400; ++i) {
      written.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i * 7 % 2000), 'x'));
      ASSERT_TRUE(j->append(record_kind::message, "t", written.back()));
    }
    end = j->end();
    EXPECT_GE(end / (64u << 10), 5u);
    EXPECT_EQ(payloads(*j), written);
  }
  std::string report = "untouched";
  auto const j = journal::open(s.small(), report);
  EXPECT_EQ(report, "");
  EXPECT_EQ(j->end(), end);
  EXPECT_EQ(payloads(*j), written);
  ASSERT_TRUE(j->append(record_kind::message, "t", "after"));
  written.push_back("after");
  EXPECT_EQ(payloads(*j), written);
}

// 65,536 bytes less the file's header, and a little less than that: the edge where a record fills a segment to its last byte.
TEST(journal, fills_a_segment_to_every_last_byte) {
  auto const room = (64u << 10) - 64 - 24;
  for (std::size_t less = 0; less < 34; ++less) {
    scratch s;
    std::vector<std::string> const written{std::string(room - less, 'a'), "b", std::string(room - less, 'c')};
    position at = 0;
    {
      auto const j = s.open();
      record r;
      for (auto const& w : written) {
        ASSERT_TRUE(j->append(record_kind::message, "", w)) << less;
        ASSERT_TRUE(j->read(at, r)) << less;  // a reader that keeps up stands exactly at the boundary
        EXPECT_EQ(r.message.payload, w) << less;
        EXPECT_FALSE(j->read(at, r));
        EXPECT_TRUE(j->idle_now(at)) << less;
      }
    }
    std::string report;
    EXPECT_EQ(payloads(*journal::open(s.small(), report)), written) << less;
    EXPECT_EQ(report, "") << less;
  }
}

TEST(journal, refuses_what_is_no_record) {
  scratch s;
  auto const j = s.open();
  auto const room = (64u << 10) - 64 - 24;
  EXPECT_FALSE(j->fits("t", std::string(room, 'x')));
  EXPECT_FALSE(j->append(record_kind::message, "t", std::string(room, 'x')));
  EXPECT_FALSE(j->append(record_kind::operation, std::string(65536, 't'), ""));
  EXPECT_EQ(j->used_bytes(), 64u);
  EXPECT_TRUE(j->append(record_kind::message, "t", "fine"));
}

TEST(journal, keeps_the_last_twentieth_for_operations) {
  scratch s;
  auto const j = s.open();
  std::string const payload(1000, 'x');
  bool warned = false;
  while (j->append(record_kind::message, "t", payload)) warned = warned || j->nearly_full();
  EXPECT_TRUE(warned);
  EXPECT_GE(j->used_bytes(), j->max_bytes() * 93 / 100);
  EXPECT_LE(j->used_bytes(), j->max_bytes() * 95 / 100);
  int operations = 0;
  while (j->append(record_kind::operation, "ack", payload)) ++operations;
  EXPECT_GE(operations, 40);
  EXPECT_LE(j->used_bytes(), j->max_bytes());
  EXPECT_FALSE(j->append(record_kind::sent, "c", payload));
  EXPECT_LE(s.segment_count() * (64u << 10), j->max_bytes());  // the disk is bounded, the prepared segment included
  EXPECT_EQ(j->trouble(), "");

  // Room comes back with what the database holds, and only whole segments.
  auto const begin = j->begin();
  j->release(begin + (64u << 10) - 1);
  EXPECT_EQ(j->begin(), begin);
  j->release(begin + 3 * (64u << 10) + 5);
  EXPECT_EQ(j->begin(), begin + 3 * (64u << 10));
  EXPECT_FALSE(std::filesystem::exists(s.file(0)));
  EXPECT_TRUE(std::filesystem::exists(s.file(3)));
  int more = 0;
  while (j->append(record_kind::message, "t", payload)) ++more;
  EXPECT_GT(more, 100);
}

TEST(journal, reuses_its_room_for_ever) {
  scratch s;
  auto j = s.open();
  std::string const payload(3000, 'x');
  position at = 0;
  record r;
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(j->append(record_kind::message, "t", std::to_string(i) + "/" + payload)) << i;
    ASSERT_TRUE(j->read(at, r));
    ASSERT_EQ(r.message.payload.substr(0, r.message.payload.find('/')), std::to_string(i));
    if (i % 50 == 49) j->release(at);
    if (i % 1000 == 999) {  // numbers go on after a restart
      j.reset();
      j = s.open();
      ASSERT_EQ(j->end(), at);
    }
  }
  EXPECT_GT(j->begin(), 8u << 20);
  EXPECT_LE(s.segment_count(), 6u);
}

TEST(journal, reading_below_the_beginning_starts_there) {
  scratch s;
  auto const j = s.open();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(j->append(record_kind::message, "t", std::to_string(i) + std::string(2000, 'x')));
  j->release(j->end());
  position at = 0;
  record r;
  ASSERT_TRUE(j->read(at, r));
  EXPECT_GE(r.at, j->begin());
  EXPECT_GT(std::stoi(r.message.payload), 60);
}

TEST(journal, is_idle_only_when_nothing_is_unread) {
  scratch s;
  auto const j = s.open();
  auto const start = j->begin();
  auto const first = j->idle_now(start);
  ASSERT_TRUE(first);
  auto const next = j->append(record_kind::message, "t", "1").value();
  EXPECT_FALSE(j->idle_now(start));
  auto const second = j->idle_now(next);
  ASSERT_TRUE(second);
  record r;
  position at = start;
  ASSERT_TRUE(j->read(at, r));
  EXPECT_GE(r.message.arrival, *first);
  EXPECT_GE(*second, r.message.arrival);
}

TEST(journal, syncs_on_demand_and_by_itself) {
  scratch s;
  {
    auto const j = s.open();
    auto const first = j->append(record_kind::operation, "ack", "1").value();
    EXPECT_LT(j->synced(), first);
    j->sync(first);
    EXPECT_GE(j->synced(), first);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(j->append(record_kind::message, "t", std::string(3000, 'x')));
    j->sync(~position{0});
    EXPECT_EQ(j->synced(), j->end());
  }
  auto o = s.small();
  o.sync_every = milliseconds{5};
  std::string report;
  auto const j = journal::open(o, report);
  auto const next = j->append(record_kind::message, "t", "2").value();
  for (int i = 0; i < 1000 && j->synced() < next; ++i) std::this_thread::sleep_for(milliseconds{5});
  EXPECT_GE(j->synced(), next);
}

TEST(journal, waits_until_there_is_something_or_time_is_up) {
  scratch s;
  auto const j = s.open();
  auto const at = j->begin();
  EXPECT_FALSE(j->wait(at, milliseconds{5}));
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds{20});
    j->append(record_kind::message, "t", "1");
  });
  EXPECT_TRUE(j->wait(at, std::chrono::seconds{60}));
  writer.join();
  EXPECT_TRUE(j->wait(at, milliseconds{0}));
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds{20});
    j->interrupt();
  });
  EXPECT_FALSE(j->wait(j->end(), std::chrono::seconds{60}));
  stopper.join();
}

TEST(journal, belongs_to_one_opener) {
  scratch s;
  auto j = s.open();
  auto const why = refusal(s.small());
  EXPECT_THAT(why, HasSubstr(s.dir().string()));
  EXPECT_THAT(why, HasSubstr("in use by process " + std::to_string(::getpid())));
  j.reset();
  EXPECT_EQ(refusal(s.small()), "");
}

TEST(journal, advances_past_what_the_database_holds) {
  scratch s;
  auto const segment = std::uint64_t{64u << 10};
  {
    auto const j = s.open();
    ASSERT_TRUE(j->append(record_kind::message, "t", "old"));
    auto const end = j->end();
    j->advance(end);
    EXPECT_EQ(j->end(), end);
    j->advance(7 * segment + 1);
    EXPECT_EQ(j->begin(), 8 * segment);
    EXPECT_TRUE(j->idle_now(7 * segment + 1));
    ASSERT_TRUE(j->append(record_kind::message, "t", "new"));
    EXPECT_EQ(payloads(*j), std::vector<std::string>{"new"});
    position at = 7 * segment + 1;
    record r;
    ASSERT_TRUE(j->read(at, r));
    EXPECT_EQ(r.message.payload, "new");
  }
  EXPECT_EQ(payloads(*s.open()), std::vector<std::string>{"new"});
}

TEST(journal, names_wrong_options) {
  scratch s;
  auto o = s.small();
  o.segment_bytes = 1000;
  EXPECT_THAT(refusal(o), HasSubstr("segment_bytes 1000"));
  o = s.small(64u << 10);
  EXPECT_THAT(refusal(o), HasSubstr("at least two segments"));
  o = s.small();
  o.dir = "/proc/no-such-place/journal";
  EXPECT_THAT(refusal(o), HasSubstr("/proc/no-such-place/journal cannot be made"));
}

}  // namespace
}  // namespace ioc::journal::test
