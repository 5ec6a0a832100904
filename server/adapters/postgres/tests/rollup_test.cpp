// Roll-ups against a plain recount of what is stored: whatever comes late, twice, out of order, or between two kills.
#include "adapters/postgres/tests/cluster.hpp"

#include "adapters/postgres/migrate.hpp"
#include "adapters/postgres/queries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

using namespace ioc;
using namespace ioc::postgres;
using namespace ioc::postgres::test;
using namespace std::chrono_literals;

namespace {

// Two days ago at noon: every level can close.
core::time_point const noon = std::chrono::floor<std::chrono::days>(std::chrono::floor<core::duration>(std::chrono::system_clock::now())) - 36h;

// What the roll-up of a level must be, from the values themselves: one line a device, bucket and metric.
std::string recount(char const* width) {
  return std::string("select string_agg(line, E'\\n' order by line) from (select concat_ws('|', device, extract(epoch from bin)::bigint, metric, count(*), min(value), "
                     "round(sum(value)::numeric, 6), max(value), (array_agg(value order by ts desc))[1]) as line from (select distinct on (device, metric, ts) device, metric, ts, "
                     "date_bin('") + width + "', ts, 'epoch') as bin, value, quality from reading_value order by device, metric, ts, known_at desc, seq desc) known "
         "where quality < 2 and value is not null group by device, bin, metric) x";
}
std::string kept(char const* table) {
  return std::string("select string_agg(line, E'\\n' order by line) from (select concat_ws('|', d.device, extract(epoch from r.ts)::bigint, m.metric, coalesce(r.numbers[m.i][1], 1), "
                     "coalesce(r.numbers[m.i][2], r.numbers[m.i]), round(coalesce(r.numbers[m.i][3], r.numbers[m.i])::numeric, 6), coalesce(r.numbers[m.i][4], r.numbers[m.i]), "
                     "coalesce(r.numbers[m.i][5], r.numbers[m.i])) as line from ") + table + " r join reading_device d on d.id = r.device_id "
         "join reading_layout l on l.id = r.layout_id cross join lateral unnest(l.metrics) with ordinality as m (metric, i)) x";
}

class Rollups : public ::testing::Test {
 protected:
  cluster& pg = cluster::get();
  std::string const db = pg.make_database();
  options o = pg.options_for(db);
  std::uint64_t position = 0;
  std::uint64_t seq = 0;

  void SetUp() override { o.rollup_grace = 0s; }
  std::string sql(std::string const& text) const { return pg.sql(db, text); }
  reading_row at(std::string device, core::time_point t, double a, double b, core::duration known_after = 100ms) {
    auto r = message(std::move(device), t, {{"a", a}, {"b/1", b}});
    r.known_at = t + known_after;
    r.seq = ++seq;
    return r;
  }
  void store(writer& w, std::vector<reading_row> rows) {
    batch b;
    b.position = ++position;
    b.readings = std::move(rows);
    ASSERT_TRUE(w.submit(std::move(b)));
  }
  // Idle, so that minutes close by the clock; then nothing is due any more.
  bool settled() {
    return eventually([&] {
      return sql("select (select count(*) from rollup_due), (select minute_until > now() - interval '2 minutes' and hour_until > now() - interval '62 minutes' and "
                 "day_until > now() - interval '1441 minutes' from rollup_state)") == "0|t";
    }, 40);
  }
  void all_agree() {
    EXPECT_NE(sql(recount("1 minute")), "");
    EXPECT_EQ(sql(kept("reading_minute")), sql(recount("1 minute")));
    EXPECT_EQ(sql(kept("reading_hour")), sql(recount("1 hour")));
    EXPECT_EQ(sql(kept("reading_day")), sql(recount("24 hours")));
  }
};

}  // namespace

TEST_F(Rollups, OfEachLevelAreWhatTheReadingsSay) {
  {
    writer w(o, {});
    position = w.start().position;
    std::vector<reading_row> rows;
    for (int i = 0; i < 300; ++i) rows.push_back(at("d" + std::to_string(i % 3), noon + 37s * i, i * 0.5, 100.0 - i));
    rows.push_back(message("d0", noon + 5s, {{"door", true}, {"text", std::string("mở")}, {"none", std::monostate{}}}));
    rows.push_back(message("d0", noon + 6s, {{"door", false}}));
    auto bad = at("d1", noon + 1s, 1e9, 1e9);
    for (auto& v : bad.values) v.q = core::quality::bad;
    rows.push_back(bad);
    store(w, std::move(rows));
    ASSERT_TRUE(settled());
  }
  all_agree();
  // A minute in which each metric was said once is stored as the values alone.
  EXPECT_NE(sql("select count(*) from reading_minute where array_ndims(numbers) = 1"), "0");
  EXPECT_NE(sql("select count(*) from reading_minute where array_ndims(numbers) = 2"), "0");
}

TEST_F(Rollups, AreMendedByLateReadingsAndCorrections) {
  writer w(o, {});
  position = w.start().position;
  std::vector<reading_row> rows;
  for (int i = 0; i < 200; ++i) rows.push_back(at("d", noon + 20s * i, i, -i));
  store(w, rows);
  ASSERT_TRUE(settled());
  all_agree();
  // Between two others, a new first, a value of its own time anew (the later known one wins), and one that turns out bad.
  auto again = at("d", noon + 40s, 1000, 1000, 2h);
  auto turned_bad = at("d", noon + 60s, 5, 5, 2h);
  for (auto& v : turned_bad.values) v.q = core::quality::bad;
  store(w, {at("d", noon + 21s, 77, 78, 1h), at("d", noon - 30s, 3, 4, 1h), again, turned_bad, at("e", noon + 10s, 1, 2, 1h)});
  ASSERT_TRUE(eventually([&] { return w.committed() == position; }));
  ASSERT_TRUE(settled());
  all_agree();
  queries q(open_pool(o));
  auto const hour = q.rollup({"03478", "d", "a", noon, noon + 1h, std::nullopt}, 1h);
  ASSERT_EQ(hour.size(), 1u);
  EXPECT_EQ(hour[0].max, 1000);
  EXPECT_EQ(hour[0].count, 180);  // 180 in the hour, one more in between, one bad
}

// Live traffic in order is added up in memory and written when its minute closes; nothing of it is read back from the readings.
TEST_F(Rollups, OfTrafficInOrderComeFromMemory) {
  writer w(o, {});
  position = w.start().position;
  ASSERT_TRUE(eventually([&] { return sql("select minute_until > now() - interval '2 minutes' from rollup_state") == "t"; }));
  sql("create table named (ts timestamptz); create function note() returns trigger language plpgsql security definer as "
      "'begin insert into public.named values (new.ts); return new; end';"
      "create trigger note after insert on rollup_due for each row when (new.level = 0) execute function note()");
  // The minute after the next: it is open, and this writer sees it whole.
  auto const minute = std::chrono::ceil<std::chrono::minutes>(std::chrono::floor<core::duration>(std::chrono::system_clock::now()));
  std::vector<reading_row> rows;
  for (int i = 0; i < 120; ++i) rows.push_back(at("live", minute + 500ms * i, i, i));
  store(w, std::move(rows));
  ASSERT_TRUE(eventually([&] { return sql("select count(*) from reading_minute") == "1"; }, 150));
  EXPECT_EQ(sql("select numbers[1][1], numbers[1][2], numbers[1][4], numbers[1][5] from reading_minute"), "120|0|119|119");
  EXPECT_EQ(sql("select count(*) from named"), "0");
}

TEST_F(Rollups, SurviveKills) {
  migrate(o);
  for (int round = 0; round < 5; ++round) {
    auto const before = sql("select coalesce(max(position), 0) from position");
    pid_t const child = ::fork();
    if (child == 0) {
      try {
        options quick = o;
        quick.transaction_bytes = 3'000;
        quick.rollup_every = 20ms;
        writer w(quick, {});
        std::mt19937 dice(static_cast<unsigned>(round));
        for (std::uint64_t i = w.start().position + 1;; ++i) {
          batch b;
          b.position = i;
          // Mostly forward, some late, some for a time that was there before.
          auto const t = noon + 7s * (dice() % 10 == 0 ? dice() % (i + 1) : i);
          b.readings = {message("d" + std::to_string(i % 4), t, {{"a", static_cast<double>(dice() % 1000)}, {"b", i * 1.0}})};
          b.readings[0].known_at = noon + 1h * 30 + 1ms * i;
          b.readings[0].seq = i;
          w.submit(std::move(b));
          if (i % 50 == 0) std::this_thread::sleep_for(10ms);
        }
      } catch (std::exception const& e) {
        std::fprintf(stderr, "child: %s\n", e.what());
      }
      ::_exit(3);
    }
    EXPECT_TRUE(eventually([&] { return sql("select coalesce(max(position), 0) from position") != before; }));
    std::this_thread::sleep_for(std::chrono::milliseconds{300 + 170 * round});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  {
    writer w(o, {});
    w.start();
    ASSERT_TRUE(settled());
  }
  all_agree();
  std::printf("[ rows     ] %s\n", sql("select count(*) from reading").c_str());
}

TEST_F(Rollups, AnswerLikeTheReadingsWhereverTheRangeBegins) {
  writer w(o, {});
  position = w.start().position;
  std::vector<reading_row> rows;
  for (int i = 0; i < 2000; ++i) rows.push_back(at("d", noon + 41s * i, i % 97, i));
  store(w, rows);
  ASSERT_TRUE(settled());
  store(w, {at("d", noon + 10min + 1s, 5000, 1, 1h)});  // mended or not yet: the answer is the same
  ASSERT_TRUE(eventually([&] { return w.committed() == position; }));
  queries q(open_pool(o));
  auto const now = std::chrono::floor<core::duration>(std::chrono::system_clock::now());
  for (core::duration const step : {core::duration(1min), core::duration(5min), core::duration(1h), core::duration(3h), core::duration(24h)})
    for (core::duration const shift : {core::duration(0), core::duration(13s), core::duration(47min + 1ms)}) {
      reading_range r{"03478", "d", "a", noon + shift, noon + 20h - shift, std::nullopt};
      auto const fast = q.rollup(r, step);
      r.as_of = now + 1h;  // from the readings themselves
      auto const plain = q.rollup(r, step);
      ASSERT_EQ(fast.size(), plain.size()) << step.count();
      for (std::size_t i = 0; i < fast.size(); ++i) {
        EXPECT_EQ(fast[i].t, plain[i].t);
        EXPECT_EQ(fast[i].count, plain[i].count);
        EXPECT_EQ(fast[i].min, plain[i].min);
        EXPECT_EQ(fast[i].max, plain[i].max);
        EXPECT_EQ(fast[i].last, plain[i].last);
        EXPECT_NEAR(fast[i].avg, plain[i].avg, 1e-9);
      }
    }
}
