#include "adapters/postgres/tests/cluster.hpp"

#include "adapters/postgres/queries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <atomic>
#include <thread>

using namespace ioc;
using namespace ioc::postgres;
using namespace ioc::postgres::test;
using namespace std::chrono_literals;

namespace {

core::time_point const noon = *core::from_iso("2026-11-22T12:00:00Z");

std::string id_of(int n) {
  char text[40];
  std::snprintf(text, sizeof text, "%08d-0000-5000-8000-000000000000", n);
  return text;
}

class Queries : public ::testing::Test {
 protected:
  cluster& pg = cluster::get();
  std::string const db = pg.make_database();
  options const o = pg.options_for(db);
  std::uint64_t position = 0;

  void store(batch b) {
    writer w(o, {});
    position = w.start().position + 1;
    b.position = position;
    w.submit(std::move(b));
    ASSERT_TRUE(w.drain(20s));
  }
  reading_range range(std::string metric, core::time_point from = noon - 1h, core::time_point to = noon + 48h) const {
    return {"03478", "wl-01", std::move(metric), from, to, std::nullopt};
  }
};

}  // namespace

TEST_F(Queries, ReadsBackEveryKindOfValueInTimeOrder) {
  batch b;
  b.readings = {reading("wl-01", "m", noon + 25h, 4.5), reading("wl-01", "m", noon, 3.62), reading("wl-01", "m", noon + 1s, true),
                reading("wl-01", "m", noon + 2s, std::string("mở")), reading("wl-01", "m", noon + 3s, std::monostate{}),
                reading("wl-01", "other", noon, 1.0), reading("wl-02", "m", noon, 1.0)};
  b.readings[1].values[0].q = core::quality::suspect;
  store(std::move(b));
  queries q(open_pool(o));
  auto const all = q.readings(range("m"), 100);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].t, noon);
  EXPECT_EQ(all[0].v, core::value(3.62));
  EXPECT_EQ(all[0].q, core::quality::suspect);
  EXPECT_EQ(all[1].v, core::value(true));
  EXPECT_EQ(all[2].v, core::value(std::string("mở")));
  EXPECT_EQ(all[3].v, core::value(std::monostate{}));
  EXPECT_EQ(all[4].v, core::value(4.5));
  EXPECT_EQ(q.readings(range("m"), 2).size(), 2u);
  EXPECT_EQ(q.readings(range("m", noon, noon + 1s), 100).size(), 1u);  // half open
  EXPECT_TRUE(q.readings(range("never"), 100).empty());
}

TEST_F(Queries, LetsTheValueKnownLastWinAndAnswersAsOf) {
  auto first = reading("wl-01", "m", noon, 1.0), corrected = reading("wl-01", "m", noon, 2.0), next = reading("wl-01", "m", noon + 1s, 7.0);
  corrected.known_at = noon + 10min;
  batch b;
  b.readings = {corrected, first, next};  // in the table the older stands after the newer
  store(std::move(b));
  queries q(open_pool(o));
  auto const now = q.readings(range("m"), 10);
  ASSERT_EQ(now.size(), 2u);
  EXPECT_EQ(now[0].v, core::value(2.0));
  auto then = range("m");
  then.as_of = noon + 5min;
  ASSERT_EQ(q.readings(then, 10).size(), 2u);
  EXPECT_EQ(q.readings(then, 10)[0].v, core::value(1.0));
  then.as_of = noon;
  EXPECT_TRUE(q.readings(then, 10).empty());
  then.as_of = noon + 5min;
  EXPECT_DOUBLE_EQ(q.rollup(then, 60s).at(0).avg, 4.0);
  EXPECT_DOUBLE_EQ(q.rollup(range("m"), 60s).at(0).avg, 4.5);
}

TEST_F(Queries, RollsUpBySteps) {
  batch b;
  for (int i = 0; i < 120; ++i) b.readings.push_back(reading("wl-01", "m", noon + 1s * i, i * 1.0));
  b.readings.push_back(reading("wl-01", "m", noon + 500ms, 1e9));
  b.readings.back().values[0].q = core::quality::bad;
  b.readings.push_back(reading("wl-01", "m", noon + 600ms, std::string("text")));
  b.readings.push_back(reading("wl-01", "m", noon + 700ms, std::monostate{}));
  store(std::move(b));
  queries q(open_pool(o));
  auto const r = q.rollup(range("m"), 60s);
  ASSERT_EQ(r.size(), 2u);
  EXPECT_EQ(r[0].t, noon);
  EXPECT_EQ(r[1].t, noon + 60s);
  EXPECT_EQ(r[0].min, 0);
  EXPECT_EQ(r[0].max, 59);
  EXPECT_DOUBLE_EQ(r[0].avg, 29.5);
  EXPECT_EQ(r[0].count, 60);
  EXPECT_EQ(r[1].count, 60);
  EXPECT_THROW(q.rollup(range("m"), 0s), std::invalid_argument);
}

TEST_F(Queries, TouchesOnlyTheDaysAskedFor) {
  batch b;
  for (int d = 0; d < 30; ++d) b.readings.push_back(reading("wl-01", "m", noon - 24h * d, d * 1.0));
  store(std::move(b));
  EXPECT_EQ(pg.sql(db, "select count(*) > 30 from pg_inherits where inhparent = 'reading'::regclass"), "t");
  auto const plan = pg.sql(db, "explain select ts from reading where device_id = (select id from reading_device where unit = '03478' and device = 'wl-01') "
                               "and ts >= '2026-11-22 00:00+00' and ts < '2026-11-22 20:00+00' order by ts, known_at");
  EXPECT_THAT(plan, ::testing::HasSubstr("reading_p2026_11_22"));
  EXPECT_THAT(plan, ::testing::Not(::testing::HasSubstr("reading_p2026_11_21")));
}

TEST_F(Queries, PagesThroughObjectsNewestFirst) {
  batch b;
  for (int i = 0; i < 25; ++i) {
    b.objects.push_back(alert_object(id_of(i), 1, i % 2 ? "closed" : "active_unacked", noon + 1s * (i / 5), i % 2 == 0));
    b.objects.back().unit = i < 20 ? "03478" : "99999";
    if (i == 3) b.objects.back().alert = id_of(77);
  }
  store(std::move(b));
  queries q(open_pool(o));
  object_filter mine;
  mine.units = {"03478"};
  std::vector<std::string> all;
  std::optional<std::string> cursor;
  int pages = 0;
  do {
    auto page = q.objects("alert", mine, 7, cursor);
    all.insert(all.end(), page.docs.begin(), page.docs.end());
    cursor = page.next;
    ++pages;
  } while (cursor);
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(all.size(), 20u);
  for (int i = 0; i < 20; ++i) EXPECT_THAT(all[static_cast<std::size_t>(i)], ::testing::HasSubstr(id_of(19 - i)));  // ties in time by id
  EXPECT_EQ(q.objects("alert", mine, 20).next, std::nullopt);  // a full last page has no next
  auto f = mine;
  f.open = true;
  EXPECT_EQ(q.objects("alert", f, 100).docs.size(), 10u);
  f = mine;
  f.state = "closed";
  EXPECT_EQ(q.objects("alert", f, 100).docs.size(), 10u);
  f = mine;
  f.from = noon + 1s;
  f.to = noon + 2s;
  EXPECT_EQ(q.objects("alert", f, 100).docs.size(), 5u);
  f = mine;
  f.severity = 4;
  EXPECT_TRUE(q.objects("alert", f, 100).docs.empty());
  f = mine;
  f.alert = id_of(77);
  EXPECT_EQ(q.objects("alert", f, 100).docs.size(), 1u);
  f.alert = "no uuid";
  EXPECT_TRUE(q.objects("alert", f, 100).docs.empty());
  f = mine;
  f.rule = "river-level'; drop table wire_object; --";
  EXPECT_TRUE(q.objects("alert", f, 100).docs.empty());
  f = mine;
  f.units = std::vector<std::string>{};
  EXPECT_TRUE(q.objects("alert", f, 100).docs.empty());
  EXPECT_EQ(q.objects("alert", {}, 100).docs.size(), 25u);
  EXPECT_TRUE(q.objects("action", {}, 100).docs.empty());
  EXPECT_THROW(q.objects("alert", {}, 1, "zz"), std::invalid_argument);
  EXPECT_THROW(q.objects("alert", {}, 1, ""), std::invalid_argument);
  EXPECT_TRUE(q.object("alert", id_of(3)));
  EXPECT_FALSE(q.object("alert", id_of(99)));
  EXPECT_FALSE(q.object("alert", "' or 1=1"));
  EXPECT_EQ(q.open_objects().size(), 13u);
}

TEST_F(Queries, ShowsTheRefusedTheHistoryAndTheDevices) {
  batch b;
  for (int i = 0; i < 5; ++i) b.rejected.push_back({9, i, noon, "topic/" + std::to_string(i), std::string("\0\xff", 2), "not_json", "native", i < 4 ? "03478" : ""});
  b.log = {{"alert", id_of(1), 2, noon + 1s, "acked", "lan", R"({"a":1})"}, {"alert", id_of(1), 1, noon, "raised", "", ""}};
  b.devices = {{"03478", "wl-01", R"({"connection":"online"})", noon}};
  store(std::move(b));
  queries q(open_pool(o));
  auto const page = q.rejected(std::nullopt, 3);
  ASSERT_EQ(page.items.size(), 3u);
  EXPECT_EQ(page.items[0].topic, "topic/4");
  EXPECT_EQ(page.items[0].payload, std::string("\0\xff", 2));
  auto const rest = q.rejected(std::nullopt, 3, page.next);
  EXPECT_EQ(rest.items.size(), 2u);
  EXPECT_FALSE(rest.next);
  EXPECT_EQ(q.rejected(std::vector<std::string>{"03478"}, 10).items.size(), 4u);
  EXPECT_THROW(q.rejected(std::nullopt, 3, "1;drop"), std::invalid_argument);
  auto const log = q.change_log("alert", id_of(1));
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].what, "raised");
  EXPECT_EQ(log[1].by, "lan");
  EXPECT_EQ(log[1].at, noon + 1s);
  ASSERT_EQ(q.live_devices().size(), 1u);
  EXPECT_EQ(q.live_devices()[0].device, "wl-01");
}

TEST_F(Queries, SurvivesAServersRestartAndSaysSoMeanwhile) {
  store({});
  queries q(open_pool(o, 2));
  EXPECT_TRUE(q.ready());
  pg.sql(db, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'iocd queries'");
  EXPECT_TRUE(q.open_objects().empty());  // the dead connection is replaced unseen
  pg.stop();
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_THROW(q.open_objects(), unavailable);
  EXPECT_THROW(q.open_objects(), unavailable);
  EXPECT_FALSE(q.ready());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  pg.start();
  EXPECT_TRUE(eventually([&] { return q.ready(); }));
}

TEST_F(Queries, NeverHangsOnAServerThatDoesNotAnswer) {
  store({});
  options quick = o;
  quick.query_limit = 300ms;
  queries q(open_pool(quick, 1));
  ASSERT_TRUE(q.ready());
  int const backend = std::stoi(pg.sql(db, "select pid from pg_stat_activity where application_name = 'iocd queries'"));
  ::kill(backend, SIGSTOP);
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_THROW(q.open_objects(), unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  EXPECT_TRUE(q.ready());  // a new connection works
  int const postmaster = std::stoi(pg.sql(db, "select pg_read_file('postmaster.pid')"));
  ::kill(backend, SIGCONT);
  ::kill(postmaster, SIGSTOP);  // now nobody answers a new connection, though the port is open
  queries fresh(open_pool(quick, 1));
  auto const again = std::chrono::steady_clock::now();
  EXPECT_THROW(fresh.open_objects(), unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - again, 4s);
  ::kill(postmaster, SIGCONT);
  EXPECT_TRUE(eventually([&] { return q.ready(); }));
}

TEST_F(Queries, SharesFewConnectionsAmongManyThreads) {
  batch b;
  b.readings = {reading("wl-01", "m", noon, 3.62)};
  store(std::move(b));
  auto const p = open_pool(o, 3);
  std::atomic<int> good{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 12; ++i)
    all.emplace_back([&] {
      queries q(p);
      for (int k = 0; k < 50; ++k)
        if (q.readings(range("m"), 10).size() == 1) ++good;
    });
  for (auto& t : all) t.join();
  EXPECT_EQ(good, 600);
  EXPECT_LE(std::stoi(pg.sql(db, "select count(*) from pg_stat_activity where application_name = 'iocd queries'")), 3);
}
