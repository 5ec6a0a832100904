#include "adapters/journal/record_format.hpp"
#include "adapters/journal/segment.hpp"
#include "adapters/journal/tests/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ioc::journal::test {
namespace {

using testing::HasSubstr;

// Three records in one segment; the last one begins at `last` and ends at `end` (offsets equal positions: segment 0).
struct three_records : scratch {
  position last = 0, end = 0;
  std::string whole;
  three_records() {
    auto const j = open();
    j->append(record_kind::message, "ioc/v1/03478/a/telemetry", "one");
    last = j->append(record_kind::message, "ioc/v1/03478/b/telemetry", "two").value();
    end = j->append(record_kind::operation, "ioc/v1/03478/c/telemetry", "three").value();
    j->sync(end);
    // closed here; the file is taken when nobody writes it any more
  }
  void take() { whole = bytes_of(file(0)); }
  // Opens the changed file: what is left, and the report.
  std::vector<std::string> reopen(std::string const& bytes, std::string& report) {
    write_bytes(file(0), bytes);
    auto const j = journal::open(small(), report);
    auto const left = payloads(*j);
    // It goes on: a new record is read back after another start, and nothing is reported twice.
    return left;
  }
};

TEST(recovery, cuts_a_torn_tail_at_every_byte) {
  three_records s;
  s.take();
  for (auto torn = s.last; torn < s.end; ++torn) {
    auto bytes = s.whole;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(torn), bytes.end(), '\0');
    std::string report;
    // The last bytes of this record are filling, and zero already: losing them is no damage.
    bool const lost = bytes != s.whole;
    auto const expected = lost ? std::vector<std::string>{"one", "two"} : std::vector<std::string>{"one", "two", "three"};
    EXPECT_EQ(s.reopen(bytes, report), expected) << torn;
    EXPECT_EQ(report.empty(), !lost || torn == s.last) << torn << report;
    if (!report.empty()) {
      EXPECT_THAT(report, HasSubstr(s.file(0).string()));
      EXPECT_THAT(report, HasSubstr("at offset " + std::to_string(s.last)));
    }
    std::string again;
    journal::open(s.small(), again);
    EXPECT_EQ(again, "") << torn;
  }
}

TEST(recovery, fills_up_a_file_that_was_cut_short_anywhere) {
  three_records s;
  s.take();
  for (auto size = s.last; size <= s.end; ++size) {
    std::string report;
    auto const left = s.reopen(s.whole.substr(0, size), report);
    EXPECT_EQ(left.size(), size + 7 >= s.end && s.whole.substr(size, s.end - size) == std::string(s.end - size, '\0') ? 3u : 2u) << size;
    EXPECT_EQ(std::filesystem::file_size(s.file(0)), s.whole.size());
  }
}

TEST(recovery, notices_every_flipped_bit_of_the_last_record) {
  three_records s;
  s.take();
  for (auto bit = s.last * 8; bit < s.end * 8; ++bit) {
    auto bytes = s.whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    std::string report;
    EXPECT_EQ(s.reopen(bytes, report), (std::vector<std::string>{"one", "two"})) << bit;
    EXPECT_THAT(report, HasSubstr("were cut from")) << bit;
  }
}

TEST(recovery, keeps_the_cut_bytes_and_goes_on_after_them) {
  three_records s;
  s.take();
  auto bytes = s.whole;
  bytes[s.last + 30] ^= 1;
  std::string report;
  s.reopen(bytes, report);
  EXPECT_THAT(report, HasSubstr("cut-0-" + std::to_string(s.last) + ".bin"));
  auto const kept = bytes_of(s.dir() / ("cut-0-" + std::to_string(s.last) + ".bin"));
  EXPECT_EQ(kept, bytes.substr(s.last, kept.size()));
  EXPECT_GT(kept.size(), 24u);
  {
    auto const j = s.open();
    EXPECT_EQ(j->end(), s.last);
    ASSERT_TRUE(j->append(record_kind::message, "t", "x"));
  }
  std::string again;
  EXPECT_EQ(payloads(*journal::open(s.small(), again)), (std::vector<std::string>{"one", "two", "x"}));
  EXPECT_EQ(again, "");
}

// What is written at a wrong place has a right CRC of its bytes, but not of its position.
TEST(recovery, takes_no_record_from_another_place) {
  three_records s;
  s.take();
  auto bytes = s.whole;
  bytes.replace(s.end, s.end - s.last, s.whole.substr(s.last, s.end - s.last));
  std::string report;
  EXPECT_EQ(s.reopen(bytes, report).size(), 3u);
  EXPECT_THAT(report, HasSubstr("at offset " + std::to_string(s.end)));
}

struct many_segments : scratch {
  position end = 0;
  explicit many_segments(bool synced) {
    auto const j = open();
    for (int i = 0; i < 200; ++i) j->append(record_kind::message, "t", std::to_string(i) + std::string(1000, 'x'));
    end = j->end();
    if (synced) j->sync(end);
    if (!synced) copy();  // as a power cut would find it: nothing was ever put on disk on purpose
  }
  // Journal files as they stand now, in a directory of their own.
  void copy() {
    std::filesystem::create_directories(crashed.dir());
    for (auto const& e : std::filesystem::directory_iterator(dir()))
      if (segment_number(e.path())) std::filesystem::copy_file(e.path(), crashed.dir() / e.path().filename());
  }
  scratch crashed;
};

TEST(recovery, refuses_damage_with_records_after_it) {
  many_segments s(true);
  auto const whole = bytes_of(s.file(1));
  auto bytes = whole;
  bytes[5000] ^= 1;
  write_bytes(s.file(1), bytes);
  auto const why = refusal(s.small());
  EXPECT_THAT(why, HasSubstr(s.file(1).string() + " is damaged at offset "));
  EXPECT_THAT(why, HasSubstr("later segments hold records"));
  EXPECT_EQ(bytes_of(s.file(1)), bytes) << "a refusal changes nothing";
  write_bytes(s.file(1), whole.substr(0, 30000));
  EXPECT_THAT(refusal(s.small()), HasSubstr(s.file(1).string() + " is damaged at offset 30000"));
  write_bytes(s.file(1), whole);
  EXPECT_EQ(refusal(s.small()), "");
}

TEST(recovery, cuts_an_unsynced_tail_that_spans_segments) {
  many_segments s(false);
  auto& c = s.crashed;
  auto bytes = bytes_of(c.file(1));
  std::fill(bytes.begin() + 8192, bytes.begin() + 12288, '\0');  // a page that did not make it
  write_bytes(c.file(1), bytes);
  std::string report;
  {
    auto const j = journal::open(c.small(), report);
    auto const left = payloads(*j);
    ASSERT_GT(left.size(), 63u);
    ASSERT_LT(left.size(), 75u);
    for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(std::stoul(left[i]), i);
    EXPECT_THAT(report, HasSubstr(c.file(1).string()));
    EXPECT_THAT(report, HasSubstr(c.file(2).string()));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(j->append(record_kind::message, "t", std::string(1000, 'y')));
  }
  std::string again;
  EXPECT_GT(payloads(*journal::open(c.small(), again)).size(), 263u);
  EXPECT_EQ(again, "");
}

TEST(recovery, refuses_a_gap_an_unknown_version_and_a_foreign_file) {
  many_segments s(true);
  auto const moved = s.dir() / "elsewhere";
  std::filesystem::rename(s.file(1), moved);
  EXPECT_THAT(refusal(s.small()), HasSubstr(segment_name(1) + " is missing"));
  std::filesystem::rename(moved, s.file(1));

  auto const whole = bytes_of(s.file(2));
  auto bytes = whole;
  bytes[8] = 9;
  write_bytes(s.file(2), bytes);
  EXPECT_THAT(refusal(s.small()), HasSubstr(s.file(2).string() + " has version 9"));
  bytes = whole;
  bytes[0] = 'X';
  write_bytes(s.file(2), bytes);
  EXPECT_THAT(refusal(s.small()), HasSubstr("does not begin like a journal"));
  write_bytes(s.file(2), bytes_of(s.file(1)));
  EXPECT_THAT(refusal(s.small()), HasSubstr("says it is segment 1"));
  write_bytes(s.file(2), whole);

  auto o = s.small();
  o.segment_bytes = 128u << 10;
  EXPECT_THAT(refusal(o), HasSubstr("was written with segments of 65536 bytes, but the configuration says 131072"));
  EXPECT_EQ(refusal(s.small()), "");
}

// Damage where no record is must not stop a start; where one is, it must.
TEST(recovery, sets_a_damaged_spare_segment_aside) {
  for (auto const* damage : {"flipped", "zeroed", "empty"}) {
    three_records s;
    { auto const spare = segment::create(s.dir(), 1, s.small().segment_bytes); }
    auto bytes = bytes_of(s.file(1));
    if (damage == std::string{"flipped"}) bytes[12] = static_cast<char>(bytes[12] ^ 1);
    if (damage == std::string{"zeroed"}) bytes[0] = '\0';
    if (damage == std::string{"empty"}) bytes.clear();
    write_bytes(s.file(1), bytes);
    std::string report;
    auto const j = journal::open(s.small(), report);
    EXPECT_EQ(payloads(*j).size(), 3u) << damage;
    EXPECT_THAT(report, HasSubstr("set aside as set-aside-1.bin")) << damage;
    EXPECT_TRUE(std::filesystem::exists(s.dir() / "set-aside-1.bin")) << damage;
  }
  three_records s;
  { auto const spare = segment::create(s.dir(), 1, s.small().segment_bytes); }
  auto bytes = bytes_of(s.file(1));
  bytes[12] = static_cast<char>(bytes[12] ^ 1);
  bytes[5000] = 'x';
  write_bytes(s.file(1), bytes);
  EXPECT_THAT(refusal(s.small()), HasSubstr("does not match its checksum"));
}

TEST(recovery, throws_away_a_preparation_that_did_not_finish) {
  three_records s;
  write_bytes(s.dir() / (segment_name(5) + ".new"), "half");
  EXPECT_EQ(payloads(*s.open()).size(), 3u);
  EXPECT_FALSE(std::filesystem::exists(s.dir() / (segment_name(5) + ".new")));
}

}  // namespace
}  // namespace ioc::journal::test
