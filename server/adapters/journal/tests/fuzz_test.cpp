#include "adapters/journal/record_format.hpp"
#include "adapters/journal/tests/scratch.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace ioc::journal::test {
namespace {

// Any bytes may stand in a segment: the parser stays within its room and never invents a record. The block is allocated to its exact
// size, so the address sanitizer sees a read past it.
TEST(journal_fuzz, the_parser_survives_any_bytes) {
  std::mt19937_64 random(1);
  std::string topic(16, 't'), payload(64, 'p');
  record_fields f;
  f.topic = topic;
  f.payload = payload;
  int records = 0;
  for (int i = 0; i < 200000; ++i) {
    auto const room = random() % 40 * 8;
    std::vector<std::byte> block(room);
    for (auto& b : block) b = static_cast<std::byte>(random() % (i % 3 == 0 ? 256 : 3));
    if (i % 2 == 0 && room >= record_bytes(16, 64)) {
      write_record(block.data(), 4096, f);
      if (i % 4 == 0) block[random() % record_bytes(16, 64)] ^= static_cast<std::byte>(1u << (random() % 8));
    }
    auto const p = parse_record(block.data(), room, 4096);
    if (p.what != found::record) continue;
    ++records;
    ASSERT_EQ(i % 4, 2) << "a record that nobody wrote";
    ASSERT_LE(p.bytes, room);
    ASSERT_EQ(p.fields.payload, payload);
  }
  EXPECT_GT(records, 10000);
}

// Random damage to random files: opening either refuses with a sentence, or gives a clean prefix of what was written.
TEST(journal_fuzz, opening_gives_a_prefix_or_a_refusal) {
  std::mt19937_64 random(2);
  scratch origin;
  std::vector<std::string> written;
  {
    auto const j = origin.open();
    for (int i = 0; i < 150; ++i) {
      written.push_back(std::to_string(i) + std::string(random() % 2500, 'x'));
      ASSERT_TRUE(j->append(record_kind::message, "t", written.back()));
    }
  }
  int refused = 0, cut = 0, whole = 0;
  for (int round = 0; round < 400; ++round) {
    scratch s;
    for (auto const& e : std::filesystem::directory_iterator(origin.dir()))
      if (segment_number(e.path())) std::filesystem::copy_file(e.path(), s.dir() / e.path().filename());
    auto const victim = s.file(random() % s.segment_count());
    auto bytes = bytes_of(victim);
    switch (random() % 4) {
      case 0: bytes[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8)); break;
      case 1: bytes.resize(random() % bytes.size()); break;
      case 2: {
        auto const from = random() % bytes.size();
        std::memset(bytes.data() + from, 0, std::min<std::size_t>(bytes.size() - from, random() % 9000));
        break;
      }
      default: {
        auto const from = random() % (bytes.size() - 64);
        for (std::size_t k = 0; k < 64; ++k) bytes[from + k] = static_cast<char>(random());
      }
    }
    write_bytes(victim, bytes);
    std::string report;
    try {
      auto const j = journal::open(s.small(), report);
      auto const left = payloads(*j);
      ASSERT_LE(left.size(), written.size());
      for (std::size_t i = 0; i < left.size(); ++i) ASSERT_EQ(left[i], written[i]) << "round " << round;
      // A loss at the very end can look like an end; every other one must be told.
      if (left.size() + 1 < written.size()) {
        ASSERT_FALSE(report.empty()) << "lost " << written.size() - left.size() << " in silence, round " << round;
      }
      ++(report.empty() ? whole : cut);
      ASSERT_TRUE(j->append(record_kind::message, "t", "goes on"));
      ASSERT_EQ(payloads(*j).back(), "goes on");
    } catch (std::runtime_error const& e) {
      ASSERT_NE(std::string(e.what()).find(s.dir().string()), std::string::npos) << e.what();
      ++refused;
    }
  }
  std::printf("%d refused, %d cut, %d unharmed\n", refused, cut, whole);
  EXPECT_GT(refused, 20);
  EXPECT_GT(cut, 20);
  EXPECT_GT(whole, 5);
}

}  // namespace
}  // namespace ioc::journal::test
