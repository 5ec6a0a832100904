#include "adapters/journal/journal.hpp"
#include "adapters/mqtt/tests/own_broker.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

namespace ioc::mqtt::test {
namespace {

using std::chrono::seconds;

// A publisher at about 2,000 QoS 1 messages a second, the client with the real journal behind it, the broker killed with -9 under
// load: the session outlives it, so what the publisher saw acknowledged is in the journal. One thing may be missing, when the machine
// is overloaded: what lay unread in our socket at the kill, since Paho closes a socket whose acknowledgement it cannot write before it
// has read it to the end. Without the save it is a third of everything, lost between the restart and the new subscription.
TEST(mqtt_kill, a_killed_broker_keeps_the_session_and_loses_at_most_what_was_on_the_wire) {
  own_broker b;
  journal::options jo;
  jo.dir = b.dir() / "journal";
  jo.segment_bytes = 1u << 20;
  jo.max_bytes = 256u << 20;
  std::string report;
  auto const j = journal::journal::open(jo, report);

  auto o = b.as("iocd", {"t/#"});
  o.broker_pid_file = b.pid_file();
  client c(o, [&](incoming const& m) {
    if (!j->append(journal::record_kind::message, m.topic, m.payload, m.qos, m.dup, m.retain)) return taken::refused;
    return j->nearly_full() ? taken::stored_nearly_full : taken::stored;
  });
  auto const before = b.saved_at();
  c.start();
  ASSERT_TRUE(eventually([&] { return c.state().connected(); })) << c.state().reason;
  EXPECT_EQ(c.state().save_trouble, "");
  EXPECT_EQ(c.state().saves_asked, 1u);
  ASSERT_TRUE(b.wait_saved_after(before));

  std::mutex m;
  std::set<std::uint64_t> acknowledged;
  client publisher(b.as("publisher", {"none"}), [](incoming const&) { return taken::stored; }, {}, [&](std::uint64_t tag, delivery d) {
    std::lock_guard held(m);
    if (d == delivery::reached_broker) acknowledged.insert(tag);
  });
  publisher.start();
  std::atomic<bool> stop{false};
  std::thread load([&] {
    auto next = std::chrono::steady_clock::now();
    for (std::uint64_t n = 1; !stop; ++n) {
      publisher.publish("t/device", std::to_string(n), 1, false, seconds{0}, n);
      std::this_thread::sleep_until(next += std::chrono::microseconds{500});
    }
  });
  std::vector<std::uint64_t> at_kill;  // the newest acknowledged number then
  for (int kill = 0; kill < 4; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds{900});
    b.end(SIGKILL);
    {
      std::lock_guard held(m);
      at_kill.push_back(acknowledged.empty() ? 0 : *acknowledged.rbegin());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{150});
    b.start();
    EXPECT_TRUE(eventually([&] { return c.state().connected() && publisher.state().connected(); }));
    EXPECT_TRUE(c.state().session_present) << "the save did not keep the session";
  }
  std::this_thread::sleep_for(seconds{1});
  stop = true;
  load.join();
  publisher.stop();

  // Until nothing has come for a second.
  ASSERT_TRUE(eventually([&, last = j->end()]() mutable {
    auto const before_that = std::exchange(last, j->end());
    std::this_thread::sleep_for(seconds{1});
    return j->end() == before_that;
  }));
  std::set<std::uint64_t> stored;
  std::size_t records = 0;
  journal::record r;
  for (journal::position at = 0; j->read(at, r); ++records) stored.insert(std::stoull(r.message.payload));

  std::size_t missing = 0, far_from_a_kill = 0;
  for (auto n : acknowledged) {
    if (stored.count(n) != 0) continue;
    ++missing;
    auto const near = [n](std::uint64_t k) { return std::max(k, n) - std::min(k, n) <= 400; };  // 0.2 s of the load
    far_from_a_kill += std::none_of(at_kill.begin(), at_kill.end(), near) ? 1 : 0;
  }
  EXPECT_EQ(far_from_a_kill, 0u);
  EXPECT_LE(missing, acknowledged.size() / 50);
  EXPECT_GT(acknowledged.size(), 3000u);
  std::printf("%zu acknowledged, %zu missing, %zu records for %zu messages, %llu with DUP\n", acknowledged.size(), missing, records, stored.size(),
              static_cast<unsigned long long>(c.state().received_dup));
  c.stop();
}

}  // namespace
}  // namespace ioc::mqtt::test
