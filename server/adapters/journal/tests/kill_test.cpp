#include "adapters/journal/tests/scratch.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <new>
#include <random>
#include <set>
#include <thread>

namespace ioc::journal::test {
namespace {

// What the child tells its parent through shared memory: the highest number whose append returned, per writer.
struct acknowledged {
  std::atomic<std::uint64_t> upto[2];
  std::atomic<bool> failed;
};

// Appends from two threads until it is killed; goes on with the numbers after `from`.
[[noreturn]] void child(options const& o, acknowledged& told, std::uint64_t const (&from)[2]) {
  std::string report;
  try {
    auto const j = journal::open(o, report);
    auto const write = [&](int w, std::uint64_t next) {
      for (;; ++next) {
        auto const payload = std::to_string(next) + "/" + std::string(next * 37 % 400, 'x');
        if (!j->append(record_kind::message, std::to_string(w), payload, 1)) break;
        told.upto[w].store(next);
      }
    };
    std::thread other(write, 1, from[1] + 1);
    write(0, from[0] + 1);
    other.join();
  } catch (std::exception const&) {
  }
  told.failed = true;
  ::_exit(1);
}

TEST(journal_kill, nothing_acknowledged_is_missing_after_twenty_kills) {
  scratch s;
  auto o = s.small(512ull << 20);
  o.segment_bytes = 1u << 20;
  o.sync_every = std::chrono::milliseconds{10};
  void* shared = ::mmap(nullptr, sizeof(acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& told = *new (shared) acknowledged{};
  std::mt19937 random(7);
  std::uint64_t seen[2] = {0, 0};
  position at = 0;
  int cuts = 0;
  for (int kill = 0; kill < 20; ++kill) {
    auto const pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) child(o, told, seen);
    auto const before = told.upto[0].load();
    while (told.upto[0] == before && !told.failed) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 60000});
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_FALSE(told.failed) << "full, or not opened";

    std::string report;
    auto const j = journal::open(o, report);
    cuts += report.empty() ? 0 : 1;
    record r;
    while (j->read(at, r)) {
      int const w = std::stoi(r.message.topic);
      ASSERT_EQ(std::stoull(r.message.payload), ++seen[w]) << "a number is missing, doubled or out of order";
    }
    for (int w = 0; w < 2; ++w) ASSERT_GE(seen[w], told.upto[w].load()) << "acknowledged, then lost, after kill " << kill;
    j->release(at);
  }
  std::printf("%llu records, %d of 20 kills tore a record\n", static_cast<unsigned long long>(seen[0] + seen[1]), cuts);
  EXPECT_GT(seen[0] + seen[1], 1000u);
  ::munmap(shared, sizeof(acknowledged));
}

}  // namespace
}  // namespace ioc::journal::test
