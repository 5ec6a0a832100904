#include "adapters/mqtt/broker_figures.hpp"
#include "adapters/mqtt/tests/own_broker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>
#include <thread>

namespace ioc::mqtt::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string lines(int from, int to) {
  std::string all;
  for (int i = from; i < to; ++i) all += std::to_string(i) + "\n";
  return all;
}

bool up(client const& c) {
  return eventually([&] { return c.state().connected(); });
}

TEST(mqtt_broker, a_session_outlives_the_client) {
  own_broker b;
  collector got;
  {
    client c(b.as("iocd", {"t/#"}), got.sink());
    c.start();
    ASSERT_TRUE(up(c)) << c.state().reason;
    EXPECT_FALSE(c.state().session_present);
    c.stop();
    EXPECT_EQ(c.state().phase, phase::stopped);
  }
  ASSERT_EQ(b.pub("-q 1 -t t/a -l", lines(0, 500)), 0);
  EXPECT_EQ(got.count(), 0u);
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(eventually([&] { return got.count() >= 500; }));
  ASSERT_TRUE(up(c));
  EXPECT_TRUE(c.state().session_present);
  EXPECT_EQ(c.state().received, 500u);
  EXPECT_EQ(got.payloads().front(), "0");
  EXPECT_EQ(got.payloads().back(), "499");
}

TEST(mqtt_broker, tells_what_it_dropped_and_none_of_it_is_queued_for_us) {
  own_broker b(true, false, "sys_interval 1\nmax_queued_messages 30\n");
  collector got;
  {
    client c(b.as("iocd", {"t/#"}), got.sink());
    c.start();
    ASSERT_TRUE(up(c));
  }
  std::mutex m;
  std::uint64_t told = 0;
  broker_watch w(b.as("iocd", {"t/#"}), [&](std::uint64_t more, std::uint64_t) {
    std::lock_guard held(m);
    told += more;
  });
  w.start();
  ASSERT_TRUE(eventually([&] { return w.figures().dropped == 0u; })) << w.state().reason;
  ASSERT_EQ(b.pub("-q 1 -t t/a -l", lines(0, 100)), 0);
  ASSERT_TRUE(eventually([&] { return w.figures().dropped == 70u; })) << w.figures().text();
  ASSERT_TRUE(eventually([&] { return w.figures().stored_messages.value_or(0) >= 30; })) << w.figures().text();
  EXPECT_THAT(w.figures().warning(std::chrono::floor<core::duration>(std::chrono::system_clock::now())), HasSubstr("dropped 70 messages"));
  {
    std::lock_guard held(m);
    EXPECT_EQ(told, 70u);
  }
  w.stop();
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(eventually([&] { return got.count() >= 30; }));
  ASSERT_TRUE(up(c));
  EXPECT_EQ(got.count(), 30u);
}

TEST(mqtt_broker, subscribes_again_at_a_broker_that_forgot_everything) {
  own_broker b(false);
  collector got;
  std::mutex m;
  std::vector<phase> phases;
  client c(b.as("iocd", {"t/+"}), got.sink(), [&](client_state const& s) {
    std::lock_guard held(m);
    phases.push_back(s.phase);
  });
  c.start();
  ASSERT_TRUE(up(c));
  for (int round = 0; round < 3; ++round) {
    b.end(SIGKILL);
    ASSERT_TRUE(eventually([&] { return !c.state().connected(); }));
    EXPECT_FALSE(c.publish("x", "y", 1, false, seconds{0}));
    EXPECT_FALSE(c.state().reason.empty());
    b.start();
    ASSERT_TRUE(up(c)) << c.state().reason;
    ASSERT_EQ(b.pub("-q 1 -t t/a -m again" + std::to_string(round)), 0);
    ASSERT_TRUE(eventually([&] { return got.count() == static_cast<std::size_t>(round) + 1; }));
  }
  EXPECT_EQ(c.state().new_sessions, 4u);
  c.stop();
  std::lock_guard held(m);
  ASSERT_GE(phases.size(), 9u);
  EXPECT_THAT(std::vector<phase>(phases.begin(), phases.begin() + 3), ElementsAre(phase::connecting, phase::connected, phase::waiting));
  EXPECT_EQ(phases.back(), phase::stopped);
}

TEST(mqtt_broker, retained_messages_come_once_with_a_new_session) {
  own_broker b;
  ASSERT_EQ(b.pub("-q 1 -r -t t/status -m online"), 0);
  collector got;
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(eventually([&] { return got.count() == 1; }));
  EXPECT_THAT(got.retained(), ElementsAre(true));
  ASSERT_TRUE(up(c));
  // Live, a retained publish is news and carries no flag; after a break of the connection nothing is replayed.
  ASSERT_EQ(b.pub("-q 1 -r -t t/status -m offline"), 0);
  ASSERT_TRUE(eventually([&] { return got.count() == 2; }));
  b.end(SIGTERM);
  b.start();
  ASSERT_TRUE(eventually([&] { return c.state().connects == 2; }));
  EXPECT_TRUE(c.state().session_present);
  ASSERT_EQ(b.pub("-q 1 -t t/x -m live"), 0);
  ASSERT_TRUE(eventually([&] { return got.count() >= 3; }));
  EXPECT_THAT(got.payloads(), ElementsAre("online", "offline", "live"));
  EXPECT_THAT(got.retained(), ElementsAre(true, false, false));
}

TEST(mqtt_broker, overlapping_filters_deliver_once) {
  own_broker b;
  collector got;
  client c(b.as("iocd", {"t/a", "t/#", "t/+"}), got.sink());
  c.start();
  ASSERT_TRUE(up(c));
  ASSERT_EQ(b.pub("-q 1 -t t/a -l", lines(0, 50)), 0);
  ASSERT_TRUE(eventually([&] { return got.count() >= 50; }));
  ASSERT_EQ(b.pub("-q 1 -t t/end -m end"), 0);
  ASSERT_TRUE(eventually([&] { return got.payloads().back() == "end"; }));
  EXPECT_EQ(got.count(), 51u);
}

TEST(mqtt_broker, does_not_hear_itself_and_learns_what_became_of_a_publish) {
  own_broker b;
  collector got, other;
  std::mutex m;
  std::map<std::uint64_t, delivery> became;
  client c(b.as("iocd", {"t/#", "u/#"}), got.sink(), {}, [&](std::uint64_t tag, delivery d) {
    std::lock_guard held(m);
    became[tag] = d;
  });
  client device(b.as("device", {"t/command"}), other.sink());
  EXPECT_FALSE(c.publish("t/command", "too early", 1, false, seconds{0}));
  c.start();
  device.start();
  ASSERT_TRUE(up(c) && up(device));
  ASSERT_TRUE(c.publish("t/command", "go", 1, false, seconds{60}, 7));
  ASSERT_TRUE(c.publish("denied/here", "go", 1, false, seconds{0}, 8));
  ASSERT_TRUE(c.publish("t/command", "quick", 0, false, seconds{0}, 9));
  ASSERT_TRUE(c.publish("u/x", "own", 1, false, seconds{0}, 10));
  ASSERT_TRUE(eventually([&] { std::lock_guard held(m); return became.size() == 4; }));
  EXPECT_EQ(became[7], delivery::reached_broker);
  EXPECT_EQ(became[8], delivery::refused);
  EXPECT_EQ(became[9], delivery::reached_broker);
  ASSERT_TRUE(eventually([&] { return other.count() == 2; }));
  ASSERT_EQ(b.pub("-q 1 -t t/end -m end"), 0);
  ASSERT_TRUE(eventually([&] { return got.count() >= 1; }));
  EXPECT_THAT(got.payloads(), ElementsAre("end"));
  EXPECT_EQ(c.state().published, 4u);
}

TEST(mqtt_broker, a_publish_with_expiry_does_not_come_late) {
  own_broker b;
  collector got;
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(up(c));
  b.sub("-i siren -c -x 3600 -q 1 -t siren/command -E");  // a session, then away
  ASSERT_TRUE(c.publish("siren/command", "old", 1, false, seconds{1}));
  ASSERT_TRUE(c.publish("siren/command", "valid", 1, false, seconds{600}));
  std::this_thread::sleep_for(milliseconds{2500});
  EXPECT_EQ(b.sub("-i siren -c -x 3600 -q 1 -t siren/command -W 2"), "valid\n");
}

TEST(mqtt_broker, nothing_is_sent_again_after_a_break) {
  own_broker b;
  collector got;
  std::mutex m;
  std::vector<delivery> became;
  auto o = b.as("iocd", {"t/#"});
  o.keep_alive = seconds{2};
  client c(o, got.sink(), {}, [&](std::uint64_t, delivery d) {
    std::lock_guard held(m);
    became.push_back(d);
  });
  c.start();
  ASSERT_TRUE(up(c));
  b.sub("-i siren -c -x 3600 -q 1 -t siren/command -E");
  b.signal(SIGUSR1);  // so that the siren's session outlives the kill
  ASSERT_TRUE(eventually([&] { return b.saved_at() > std::filesystem::file_time_type::min(); }));
  b.signal(SIGSTOP);
  ASSERT_TRUE(c.publish("siren/command", "late", 1, false, seconds{600}, 1));
  std::this_thread::sleep_for(milliseconds{300});
  b.end(SIGKILL);
  ASSERT_TRUE(eventually([&] { std::lock_guard held(m); return !became.empty(); }));
  EXPECT_THAT(became, ElementsAre(delivery::lost));
  b.start();
  ASSERT_TRUE(up(c));
  ASSERT_TRUE(c.publish("siren/command", "new", 1, false, seconds{600}, 2));
  EXPECT_EQ(b.sub("-i siren -c -x 3600 -q 1 -t siren/command -W 2"), "new\n");
}

TEST(mqtt_broker, pauses_when_the_sink_is_nearly_full_and_loses_nothing) {
  own_broker b;
  collector got;
  std::atomic<std::size_t> room{100};
  got.answer = [&](incoming const&) { return got.count() >= room ? taken::stored_nearly_full : taken::stored; };
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(up(c));
  ASSERT_EQ(b.pub("-q 1 -t t/a -l", lines(0, 5000)), 0);
  ASSERT_TRUE(eventually([&] { return c.state().phase == phase::paused; }));
  EXPECT_EQ(c.state().pauses, 1u);
  room = 1000000;
  std::this_thread::sleep_for(milliseconds{200});
  EXPECT_EQ(c.state().phase, phase::paused) << "only resume() ends it";
  ASSERT_EQ(b.pub("-q 1 -t t/a -l", lines(5000, 5100)), 0);
  c.resume();
  std::set<std::string> all;
  ASSERT_TRUE(eventually([&] {
    for (auto const& p : got.payloads()) all.insert(p);
    return all.size() == 5100;
  })) << all.size();
  c.pause();
  ASSERT_TRUE(eventually([&] { return c.state().phase == phase::paused; }));
}

// The last line: a sink that refuses. Nothing may be acknowledged that it did not take.
TEST(mqtt_broker, a_refused_message_is_not_acknowledged) {
  own_broker b;
  collector got;
  std::atomic<bool> full{false};
  got.answer = [&](incoming const& m) { return m.payload >= "5" && full ? taken::refused : taken::stored; };
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(up(c));
  full = true;
  ASSERT_EQ(b.pub("-q 1 -t t/a -l", lines(0, 10)), 0);
  ASSERT_TRUE(eventually([&] { return c.state().refused_by_sink == 1; }));
  std::this_thread::sleep_for(milliseconds{300});
  EXPECT_EQ(got.count(), 5u);
  auto const before = std::chrono::steady_clock::now();
  c.publish("x", "must not wait for Paho", 1, false, seconds{0});
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds{100});
  full = false;
  ASSERT_TRUE(eventually([&] { return c.state().phase == phase::paused; }));
  c.resume();
  ASSERT_TRUE(eventually([&] {
    auto const p = got.payloads();
    return std::set<std::string>(p.begin(), p.end()).size() == 10;
  }));
}

// A stop with a full journal: the process leaves Paho behind and ends; what could not be stored comes again to the next one.
TEST(mqtt_broker, a_stop_while_refusing_acknowledges_nothing) {
  own_broker b;
  auto const child = ::fork();  // before this process has any Paho client
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(60);
    collector got;
    got.answer = [&](incoming const&) { return got.count() >= 3 ? taken::refused : taken::stored; };
    {
      client c(b.as("iocd", {"t/#"}), got.sink());
      c.start();
      bool const right = up(c) && b.pub("-q 1 -t t/a -l", lines(0, 10)) == 0 && eventually([&] { return c.state().refused_by_sink == 1; });
      if (!right) ::_exit(3);
      c.stop();
    }
    std::exit(got.count() == 3 ? 0 : 4);  // the ordinary way out, destructors of libraries included
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  collector got;
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(eventually([&] { return got.count() >= 7; })) << got.count();
  EXPECT_EQ(got.payloads().front(), "3");
  EXPECT_EQ(got.payloads().back(), "9");
}

TEST(mqtt_broker, starts_and_stops_many_times_under_load) {
  own_broker b;
  collector got;
  std::atomic<bool> stop{false};
  client publisher(b.as("publisher", {"none"}), [](incoming const&) { return taken::stored; });
  publisher.start();
  ASSERT_TRUE(up(publisher));
  std::uint64_t sent = 0;
  std::thread load([&] {
    for (; !stop; std::this_thread::sleep_for(milliseconds{1}))
      if (publisher.publish("t/x", std::to_string(sent), 1, false, seconds{0})) ++sent;
  });
  for (int i = 0; i < 40; ++i) {
    client c(b.as("iocd", {"t/#"}), got.sink());
    c.start();
    EXPECT_TRUE(up(c)) << i << ": " << c.state().reason;
    if (i % 3 == 0) {
      c.pause();
      EXPECT_TRUE(eventually([&] { return c.state().phase == phase::paused; }));
      c.resume();
      EXPECT_TRUE(up(c));
    }
    std::this_thread::sleep_for(milliseconds{i % 7});
  }
  stop = true;
  load.join();
  EXPECT_TRUE(publisher.state().connected());
  publisher.stop();
  // Nothing published after the first session was made is missing.
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  std::set<std::uint64_t> all;
  EXPECT_TRUE(eventually([&] {
    all.clear();
    for (auto const& p : got.payloads()) all.insert(std::stoull(p));
    return !all.empty() && *all.rbegin() + 1 == sent && all.size() == sent - *all.begin();
  })) << all.size() << " of " << sent;
  EXPECT_GT(sent, 100u);  // there was a load; its rate is the machine's
}

TEST(mqtt_broker, says_why_it_cannot_connect) {
  own_broker b;
  collector got;
  auto o = b.as("iocd", {"t/#"});
  o.password = "wrong";
  client c(o, got.sink());
  c.start();
  ASSERT_TRUE(eventually([&] { return c.state().phase == phase::waiting; }));
  EXPECT_THAT(c.state().reason, HasSubstr("ot authorized"));
  c.stop();
  b.end(SIGTERM);
  client d(b.as("iocd", {"t/#"}), got.sink());
  d.start();
  ASSERT_TRUE(eventually([&] { return d.state().phase == phase::waiting; }));
  EXPECT_FALSE(d.state().reason.empty());
  auto const before = std::chrono::steady_clock::now();
  d.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds{2});
}

TEST(mqtt_broker, trusts_only_its_own_authority) {
  own_broker b(true, true);
  collector got;
  client c(b.as("iocd", {"t/#"}), got.sink());
  c.start();
  ASSERT_TRUE(up(c)) << c.state().reason;
  ASSERT_EQ(b.pub("-q 1 -t t/a -m secret"), 0);
  ASSERT_TRUE(eventually([&] { return got.count() == 1; }));
  auto o = b.as("other", {"t/#"});
  o.ca_file = b.dir() / "other.pem";
  client stranger(o, got.sink());
  stranger.start();
  ASSERT_TRUE(eventually([&] { return stranger.state().phase == phase::waiting; }));
  EXPECT_FALSE(stranger.state().reason.empty());
  EXPECT_EQ(stranger.state().connects, 0u);
}

}  // namespace
}  // namespace ioc::mqtt::test
