#include "adapters/journal/tests/scratch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace ioc::journal::test {
namespace {

// Four writers, one reader that releases behind itself, syncs from all sides, tiny segments: nothing missing, each writer's records in
// its order, arrivals never going back.
TEST(journal_threads, writers_and_a_reader_lose_and_mix_nothing) {
  constexpr int writers = 4;
  constexpr int each = 5000;
  scratch s;
  auto o = s.small();
  o.sync_every = std::chrono::milliseconds{2};
  std::string report;
  auto const j = journal::open(o, report);
  std::atomic<bool> give_up{false};
  std::vector<std::thread> threads;
  struct ending {  // also when an assertion leaves early
    std::atomic<bool>& flag;
    std::vector<std::thread>& all;
    ~ending() {
      flag = true;
      for (auto& t : all) t.join();
    }
  } const end{give_up, threads};
  for (int w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      for (int i = 0; i < each; ++i) {
        auto const payload = std::to_string(i) + std::string(static_cast<std::size_t>((i * 31 + w * 7) % 300), ' ');
        std::optional<position> next;
        while (!(next = j->append(record_kind::message, std::to_string(w), payload))) {
          if (give_up) return;  // full: the reader is behind
          std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        if (i % 500 == 0) {
          j->sync(*next);
          if (j->synced() < *next) std::abort();
        }
      }
    });
  int seen[writers] = {};
  int total = 0;
  core::time_point last{};
  position at = 0;
  record r;
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (total < writers * each && std::chrono::steady_clock::now() < deadline) {
    if (!j->read(at, r)) {
      j->wait(at, std::chrono::milliseconds{50});
      continue;
    }
    int const w = std::stoi(r.message.topic);
    ASSERT_EQ(std::stoi(r.message.payload), seen[w]);
    ASSERT_GE(r.message.arrival, last);
    last = r.message.arrival;
    ++seen[w];
    if (++total % 1000 == 0) j->release(at);
  }
  EXPECT_EQ(total, writers * each);
  EXPECT_GT(j->begin(), 1u << 20);
}

// The promise behind timers: when idle_now() gives T, no record appended later carries an arrival before T.
TEST(journal_threads, idle_now_is_never_ahead_of_a_later_record) {
  scratch s;
  auto const j = s.open();
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 3000; ++i) {
      j->append(record_kind::message, "t", "x");
      if (i % 3 == 0) std::this_thread::yield();
    }
    done = true;
  });
  position at = 0;
  record r;
  core::time_point promised{};
  int idles = 0, reads = 0;
  while (!done || reads < 3000) {
    if (auto const now = j->idle_now(at)) {
      ASSERT_GE(*now, promised);
      promised = *now;
      ++idles;
    } else {
      ASSERT_TRUE(j->read(at, r)) << "not idle, so there is something to read";
      ASSERT_GE(r.message.arrival, promised);
      promised = r.message.arrival;
      ++reads;
    }
  }
  writer.join();
  EXPECT_GT(idles, 0);
}

}  // namespace
}  // namespace ioc::journal::test
