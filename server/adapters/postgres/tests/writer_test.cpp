#include "adapters/postgres/tests/cluster.hpp"
#include "adapters/postgres/tests/proxy.hpp"

#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/migrate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <mutex>
#include <thread>

using namespace ioc;
using namespace ioc::postgres;
using namespace ioc::postgres::test;
using namespace std::chrono_literals;

namespace {

core::time_point const noon = *core::from_iso("2026-11-22T12:00:00Z");
constexpr auto id1 = "11111111-1111-5111-8111-111111111111";
constexpr auto id2 = "22222222-2222-5222-8222-222222222222";

// A writer with what it told.
struct told {
  std::mutex guard;
  std::vector<std::string> fatal, warnings, down;
  writer_events events() {
    writer_events e;
    e.on_state = [this](bool up, std::string why) {
      std::lock_guard const hold(guard);
      if (!up) down.push_back(why);
    };
    e.on_fatal = [this](std::string why) {
      std::lock_guard const hold(guard);
      fatal.push_back(why);
    };
    e.on_warning = [this](std::string what) {
      std::lock_guard const hold(guard);
      warnings.push_back(what);
    };
    return e;
  }
  std::size_t fatals() {
    std::lock_guard const hold(guard);
    return fatal.size();
  }
};

batch one(std::uint64_t position, std::vector<reading_row> readings) {
  batch b;
  b.position = position;
  b.readings = std::move(readings);
  return b;
}

std::string start_sentence(options const& o) {
  writer w(o, {});
  try {
    w.start();
  } catch (unavailable const& e) {
    return std::string("unavailable: ") + e.what();
  } catch (std::runtime_error const& e) {
    return e.what();
  }
  return "started";
}

// A forked process that is killed later; it never comes back into the test, whatever happens in it.
template <class F>
pid_t child_of(F body) {
  pid_t const child = ::fork();
  if (child != 0) return child;
  try {
    body();
    ::pause();
  } catch (std::exception const& e) {
    std::fprintf(stderr, "child: %s\n", e.what());
  }
  ::_exit(3);
}

class Writer : public ::testing::Test {
 protected:
  cluster& pg = cluster::get();
  std::string const db = pg.make_database();
  options const o = pg.options_for(db);
  std::string sql(std::string const& text) const { return pg.sql(db, text); }
};

}  // namespace

// The journal's sync: what it has not got yet never stands in the database, and nothing is lost for the wait.
TEST_F(Writer, WaitsForWhatMustBeOnDiskBefore) {
  std::atomic<int> refusals{2};
  std::atomic<std::uint64_t> synced{0};
  std::string seen;  // the writer's thread, read after drain
  writer_events e;
  e.before_commit = [&](std::uint64_t position) {
    seen += sql("select count(*) from device_event");
    if (refusals-- > 0) throw std::runtime_error("the disk says no");
    synced = position;
  };
  writer w(o, e);
  w.start();
  batch b;
  b.position = 500;
  b.events.push_back({"00101", "CAM-01", noon, noon, "motion", ""});
  ASSERT_TRUE(w.submit(std::move(b)));
  ASSERT_TRUE(w.drain(10s));
  EXPECT_EQ(synced, 500u);
  EXPECT_EQ(w.committed(), 500u);
  EXPECT_EQ(seen, "000");
  EXPECT_EQ(sql("select count(*) from device_event"), "1");
}

// Two batches may end at one position (a timer fired, and no new record came): a number tells which of them is in the database.
TEST_F(Writer, NumbersItsBatches) {
  std::atomic<bool> closed{true};
  writer_events e;
  e.before_commit = [&](std::uint64_t) {
    if (closed) throw std::runtime_error("not yet");
  };
  writer w(o, e);
  w.start();
  EXPECT_EQ(w.submitted(), 0u);
  batch first;
  first.position = 500;
  first.events.push_back({"00101", "CAM-01", noon, noon, "motion", ""});
  ASSERT_TRUE(w.submit(std::move(first)));
  batch second;
  second.position = 500;
  second.log.push_back({"alert", id1, 1, noon, "raised", "", ""});
  second.snapshot = engine_snapshot{500, 4, "the state"};
  ASSERT_TRUE(w.submit(std::move(second)));
  EXPECT_EQ(w.submitted(), 2u);
  EXPECT_EQ(w.written(), 0u);
  EXPECT_EQ(w.state_position(), 0u);
  closed = false;
  ASSERT_TRUE(w.drain(10s));
  EXPECT_EQ(w.written(), 2u);
  EXPECT_EQ(w.state_position(), 500u);
  EXPECT_EQ(sql("select count(*) from change_log"), "1");
}

TEST_F(Writer, MigratesOnceHoweverManyStart) {
  std::atomic<int> applied{0}, failed{0};
  std::vector<std::thread> all;
  for (int i = 0; i < 4; ++i)
    all.emplace_back([&] {
      try {
        applied += migrate(o);
      } catch (std::exception const& e) {
        ++failed;
        ADD_FAILURE() << e.what();
      }
    });
  for (auto& t : all) t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(std::to_string(applied), sql("select count(*) from migration"));
  EXPECT_EQ(migrate(o), 0);
}

TEST_F(Writer, RefusesAMigrationThatWasChanged) {
  auto const copy = std::filesystem::temp_directory_path() / ("ioc-migrations-" + std::to_string(::getpid()));
  std::filesystem::copy(o.migrations_dir, copy, std::filesystem::copy_options::recursive);
  options changed = o;
  changed.migrations_dir = copy;
  migrate(changed);
  std::ofstream(copy / "0002-objects.sql", std::ios::app) << "-- changed\n";
  EXPECT_THAT(start_sentence(changed), ::testing::HasSubstr("0002-objects.sql was changed after it had been applied"));
  std::ofstream(copy / "0009-later.sql") << "create table later (x int);\n";
  std::filesystem::copy(o.migrations_dir / "0002-objects.sql", copy / "0002-objects.sql", std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(migrate(changed), 1);
  EXPECT_THAT(start_sentence(o), ::testing::HasSubstr("is newer than this program"));
  std::filesystem::remove_all(copy);
}

TEST_F(Writer, RoundTripsEveryKindOfValue) {
  writer w(o, {});
  EXPECT_EQ(w.start().position, 0u);
  auto number = reading("wl-01", "water_level", noon, 3.62);
  number.seq = 18'446'744'073'709'551'615u;
  number.values[0].q = core::quality::suspect;
  number.values[0].late = true;
  auto const odd = std::string("mở\0 \xff", 7);
  ASSERT_TRUE(w.submit(one(1, {number, reading("wl-01", "door", noon, true), reading("wl-01", "door", noon + 1s, false),
                               reading("wl-01", "text", noon, std::string("nước lên \"nhanh\"")), reading("wl-01", "odd", noon, odd),
                               reading("wl-01", "missing", noon, std::monostate{}), reading("wl-01", "least", noon, std::numeric_limits<double>::denorm_min()),
                               reading("wl-01", "most", noon, -std::numeric_limits<double>::max())})));
  ASSERT_TRUE(w.drain(10s));
  EXPECT_EQ(w.committed(), 1u);
  EXPECT_EQ(sql("select metric, value, is_bool, text, quality, late, seq, ts at time zone 'UTC', (known_at - ts) from reading_value order by metric, ts"),
            "door|1|t||0|f||2026-11-22 12:00:00|00:00:00.12\n"
            "door|0|t||0|f||2026-11-22 12:00:01|00:00:00.12\n"
            "least|5e-324|f||0|f||2026-11-22 12:00:00|00:00:00.12\n"
            "missing||f||0|f||2026-11-22 12:00:00|00:00:00.12\n"
            "most|-1.7976931348623157e+308|f||0|f||2026-11-22 12:00:00|00:00:00.12\n"
            "odd||f|mở\xEF\xBF\xBD \xEF\xBF\xBD|0|f||2026-11-22 12:00:00|00:00:00.12\n"
            "text||f|nước lên \"nhanh\"|0|f||2026-11-22 12:00:00|00:00:00.12\n"
            "water_level|3.62|f||1|t|-1|2026-11-22 12:00:00|00:00:00.12");
}

TEST_F(Writer, StoresEveryKindOfRowWithItsPosition) {
  batch b = one(5, {reading("wl-01", "water_level", noon, 3.62)});
  b.ledger_json = R"({"received": 1})";
  b.events.push_back({"03478", "cam-1", noon, noon, "motion", R"({"zone":"cổng","nul":"\u0000"})"});
  b.events.push_back({"03478", "cam-1", noon, noon, "still", ""});
  b.rejected.push_back({5, 0, noon, "ioc/v1/x", std::string(5000, '\xfe'), "not_json", "native", ""});
  b.objects = {alert_object(id1, 1, "active_unacked", noon), alert_object(id1, 3, "closed", noon, false), alert_object(id1, 2, "active_acked", noon)};
  b.log = {{"alert", id1, 1, noon, "raised", "", ""}, {"alert", id1, 2, noon, "acked", "lan", R"({"note":"đã rõ"})"}, {"alert", id1, 1, noon, "raised", "", ""}};
  b.devices = {{"03478", "wl-01", R"({"connection":"online"})", noon}, {"03478", "wl-01", R"({"connection":"old"})", noon - 1s}};
  b.snapshot = engine_snapshot{4, 7, std::string("\0\x01\xff state", 9)};
  {
    writer w(o, {});
    w.start();
    w.submit(std::move(b));
    ASSERT_TRUE(w.drain(10s));
  }
  EXPECT_EQ(sql("select count(*), count(data) from device_event"), "2|1");
  EXPECT_EQ(sql("select position, part, length(payload), payload_bytes, reason, source, unit is null from rejected"), "5|0|4096|5000|not_json|native|t");
  EXPECT_EQ(sql("select version, state, open, severity, doc->>'state' from wire_object"), "3|closed|f|3|closed");
  EXPECT_EQ(sql("select version, what, by, detail from change_log order by version"), "1|raised||\n2|acked|lan|{\"note\": \"đã rõ\"}");
  EXPECT_EQ(sql("select doc->>'connection' from device_live"), "online");
  writer again(o, {});
  auto const s = again.start();
  EXPECT_EQ(s.position, 5u);
  EXPECT_EQ(s.ledger_json, R"({"received": 1})");
  ASSERT_TRUE(s.snapshot);
  EXPECT_EQ(s.snapshot->position, 4u);
  EXPECT_EQ(s.snapshot->format, 7);
  EXPECT_EQ(s.snapshot->bytes, std::string("\0\x01\xff state", 9));
  // A replay from an older snapshot: the same batch and an older version change nothing; the log is not doubled.
  batch old = one(5, {reading("wl-01", "water_level", noon, 3.62)});
  old.objects = {alert_object(id1, 2, "active_acked", noon)};
  old.log = {{"alert", id1, 1, noon, "raised", "", ""}};
  again.submit(std::move(old));
  again.submit(one(3, {reading("wl-01", "water_level", noon, 3.62)}));
  ASSERT_TRUE(again.drain(10s));
  EXPECT_EQ(sql("select (select count(*) from reading), (select version from wire_object), (select count(*) from change_log)"), "1|3|2");
}

TEST_F(Writer, RefusesBatchesOutOfOrder) {
  writer w(o, {});
  w.start();
  w.submit(one(2, {reading("a", "m", noon, 1.0)}));
  EXPECT_THROW(w.submit(one(2, {reading("a", "m", noon, 2.0)})), std::logic_error);
  EXPECT_THROW(w.submit(one(1, {})), std::logic_error);
  batch timer = one(2, {});
  timer.objects = {alert_object(id1, 1, "active_unacked", noon)};
  EXPECT_TRUE(w.submit(std::move(timer)));
  ASSERT_TRUE(w.drain(10s));
  EXPECT_EQ(sql("select (select count(*) from reading), (select count(*) from wire_object)"), "1|1");
}

TEST_F(Writer, MakesMissingDaysAsPgPartmanWould) {
  told t;
  options for_ever = o;
  for_ever.keep = {0, 0, 0, 0, 0, 0};
  writer w(for_ever, t.events());
  w.start();
  std::vector<reading_row> all;
  for (auto const* day : {"2000-01-01T00:00:00Z", "2003-02-28T23:59:59.999999Z", "2024-02-29T00:00:00Z", "2031-12-31T23:00:00Z", "2099-12-31T23:59:59Z"})
    all.push_back(reading("old", "m", *core::from_iso(day), 1.0));
  for (int d = 0; d < 40; ++d) all.push_back(reading("old", "m", noon - 24h * d, 1.0));
  auto wild = reading("wild", "m", core::from_us(std::numeric_limits<std::int64_t>::max() / 2), 9.0);
  wild.known_at = noon;
  all.push_back(wild);
  std::size_t const n = all.size();
  w.submit(one(1, all));
  ASSERT_TRUE(w.drain(60s));
  EXPECT_EQ(w.retimed(), 1u);
  EXPECT_EQ(sql("select count(*) from reading"), std::to_string(n));
  EXPECT_EQ(sql("select ts at time zone 'UTC' from reading where numbers[1] = 9"), "2026-11-22 12:00:00");
  EXPECT_EQ(sql("set timezone = 'UTC'; select pg_get_expr(relpartbound, oid) from pg_class where relname = 'reading_p2024_02_29'"),
            "FOR VALUES FROM ('2024-02-29 00:00:00+00') TO ('2024-03-01 00:00:00+00')");
  // No default partition, and each day has its index.
  EXPECT_EQ(sql("select count(*) from pg_class where relispartition and relkind = 'r' and pg_get_expr(relpartbound, oid) = 'DEFAULT'"), "0");
  EXPECT_EQ(sql("select count(*) from pg_inherits where inhparent = 'reading'::regclass"), sql("select count(*) from pg_inherits where inhparent = 'reading_device_ts'::regclass"));
  // pg_partman goes on working: as itself, by the superuser, by ioc, and with retention.
  auto const today_plus = sql("select to_char((now() at time zone 'UTC')::date + 3, '\"reading_p\"YYYY_MM_DD')");
  sql("select partman.run_maintenance()");
  sql("set role ioc; select partman.run_maintenance('public.reading')");
  EXPECT_EQ(sql("select count(*) from pg_class where relname = '" + today_plus + "'"), "1");
  sql("update partman.part_config set retention = '1000 days', retention_keep_table = false");
  sql("set role ioc; select partman.run_maintenance('public.reading')");
  EXPECT_EQ(sql("select count(*) from pg_class where relname in ('reading_p2000_01_01', 'reading_p2003_02_28')"), "0");
  // A day that retention dropped under the writer is made again.
  w.submit(one(2, {reading("old", "m", *core::from_iso("2003-02-28T10:00:00Z"), 1.0)}));
  ASSERT_TRUE(w.drain(20s));
  EXPECT_EQ(sql("select count(*) from reading_p2003_02_28"), "1");
  EXPECT_TRUE(t.warnings.empty()) << t.warnings.front();
}

TEST_F(Writer, KeepsWhatPostgresRefusesAndStoresTheRest) {
  told t;
  writer w(o, t.events());
  w.start();
  batch b = one(1, {reading("a", "m", noon, 1.0)});
  b.objects = {alert_object(id1, 1, "active_unacked", noon), alert_object("no-uuid", 1, "active_unacked", noon), alert_object(id2, 1, "active_unacked", noon)};
  b.objects[2].doc = "{broken";
  b.events.push_back({"03478", "d", noon, noon, "e", "{]"});
  b.events.push_back({"03478", "d", noon, noon, "fine", "{}"});
  w.submit(std::move(b));
  ASSERT_TRUE(w.drain(20s));
  EXPECT_EQ(sql("select (select count(*) from reading), (select count(*) from wire_object), (select count(*) from device_event)"), "1|1|1");
  EXPECT_EQ(sql("select source, reason from rejected order by part"),
            "event|database: invalid input syntax for type json\nobject|database: invalid input syntax for type uuid: \"no-uuid\"\n"
            "object|database: invalid input syntax for type json");
  EXPECT_EQ(w.refused(), 3u);
  EXPECT_EQ(t.warnings.size(), 1u);
  EXPECT_EQ(w.committed(), 1u);
}

TEST_F(Writer, WritesExactlyOnceThroughKilledBackends) {
  told t;
  options quick = o;
  quick.transaction_bytes = 20'000;  // many transactions
  writer w(quick, t.events());
  w.start();
  std::atomic<bool> done{false};
  std::atomic<int> kills{0};
  std::thread killer([&] {
    while (!done && kills < 25) {  // bounded: on a slow machine each kill costs a reconnect and the rest must still get through
      if (sql("select count(*) from pg_stat_activity where application_name like 'iocd writer%' and pg_terminate_backend(pid)") == "1") ++kills;
      std::this_thread::sleep_for(60ms);
    }
  });
  constexpr int batches = 4'000, each = 10;
  for (int i = 1; i <= batches; ++i) {
    std::vector<reading_row> rows;
    for (int k = 0; k < each; ++k) {
      rows.push_back(reading("d" + std::to_string(k), "m", noon + 1ms * i, i * 1.0));
      rows.back().seq = static_cast<std::uint64_t>(i);
    }
    batch b = one(static_cast<std::uint64_t>(i), std::move(rows));
    b.events.push_back({"03478", "d", noon, noon, std::to_string(i), ""});
    ASSERT_TRUE(w.submit(std::move(b)));
    if (i % 40 == 0) std::this_thread::sleep_for(20ms);
  }
  bool const drained = w.drain(60s);
  done = true;
  killer.join();
  ASSERT_TRUE(drained || w.drain(30s));
  EXPECT_GE(kills, 5);
  EXPECT_EQ(t.fatals(), 0u);
  EXPECT_EQ(sql("select count(*), count(distinct (device_id, seq)) from reading"), "40000|40000");
  EXPECT_EQ(sql("select count(*), count(distinct name) from device_event"), "4000|4000");
  EXPECT_EQ(sql("select position from position"), "4000");
  RecordProperty("kills", kills);
  std::printf("[ kills    ] %d\n", kills.load());
}

// The worst moment: the server has committed, its answer is lost. The writer must find out by the position.
TEST_F(Writer, DoesNotRepeatACommitWhoseAnswerWasLost) {
  migrate(o);
  std::string seen;
  proxy wire(pg.port(), std::string("commit\0", 7), [&] {  // the statement itself, not committed_at
    eventually([&] { return sql("select position from position") == "2"; });
    seen = sql("select position from position");
  });
  options through = o;
  through.rollup_every = 1h;  // no other commit on the wire
  through.url = "postgresql://ioc@127.0.0.1:" + std::to_string(wire.port()) + "/" + db;
  told t;
  writer w(through, t.events());
  w.start();
  w.submit(one(1, {reading("a", "m", noon, 1.0)}));
  ASSERT_TRUE(w.drain(10s));
  wire.arm();
  batch b = one(2, {reading("a", "m", noon + 1s, 1.0)});
  b.events.push_back({"03478", "d", noon, noon, "e", ""});
  w.submit(std::move(b));
  ASSERT_TRUE(w.drain(20s));
  EXPECT_TRUE(wire.has_cut());
  EXPECT_EQ(seen, "2");  // it was committed before the wire was cut
  EXPECT_EQ(t.down.size(), 1u);
  EXPECT_EQ(sql("select (select count(*) from reading), (select count(*) from device_event), (select position from position)"), "2|1|2");
}

// The other side: the connection dies before the commit reaches its end; we give up first and end our old backend.
TEST_F(Writer, RepeatsATransactionThatItGaveUp) {
  migrate(o);
  sql("create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(20); return null; end';"
      "create constraint trigger slow after insert on device_event deferrable initially deferred for each row execute function slow()");
  options quick = o;
  quick.call_limit = 500ms;
  quick.rollup_every = 1h;
  told t;
  writer w(quick, t.events());
  w.start();
  batch b = one(1, {reading("a", "m", noon, 1.0)});
  b.events.push_back({"03478", "d", noon, noon, "e", ""});
  w.submit(std::move(b));
  ASSERT_TRUE(eventually([&] { return !w.up(); }));
  ASSERT_TRUE(eventually([&] { return sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "0"; }));
  sql("set lock_timeout = '10s'; drop trigger slow on device_event");
  ASSERT_TRUE(w.drain(15s));
  EXPECT_EQ(sql("select (select count(*) from reading), (select count(*) from device_event), (select position from position)"), "1|1|1");
}

TEST_F(Writer, WaitsForTheCommitOfAKilledPredecessor) {
  migrate(o);
  sql("create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(2); return null; end';"
      "create constraint trigger slow after insert on device_event deferrable initially deferred for each row execute function slow()");
  pid_t const child = child_of([&] {
    writer w(o, {});
    w.start();
    batch b = one(41, {reading("a", "m", noon, 1.0)});
    b.events.push_back({"03478", "d", noon, noon, "e", ""});
    w.submit(std::move(b));
    ::pause();
  });
  bool const committing = eventually([&] { return sql("select count(*) from pg_stat_activity where query = 'commit' and wait_event = 'PgSleep'") == "1"; });
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(committing);
  EXPECT_EQ(sql("select position from position"), "0");  // what a reader without the lock would have believed
  writer w(o, {});
  auto const s = w.start();
  EXPECT_EQ(s.position, 41u);
  EXPECT_EQ(sql("select (select count(*) from reading), (select count(*) from device_event)"), "1|1");
}

TEST_F(Writer, KeepsRowsAndPositionTogetherWhenKilled) {
  migrate(o);
  for (int round = 0; round < 6; ++round) {
    auto const position = [&] { return sql("select coalesce(max(position), 0) from position"); };
    auto const start = position();
    pid_t const child = child_of([&] {
      options quick = o;
      quick.transaction_bytes = 5'000;
      writer w(quick, {});
      for (std::uint64_t i = w.start().position + 1;; ++i) w.submit(one(i, {reading("a", "m", noon + 1ms * i, 1.0), reading("b", "m", noon + 1ms * i, 1.0)}));
    });
    EXPECT_TRUE(eventually([&] { return position() != start; }));
    std::this_thread::sleep_for(std::chrono::milliseconds{13 * round});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  writer w(o, {});
  auto const s = w.start();
  EXPECT_GT(s.position, 5u);
  EXPECT_EQ(sql("select count(*), count(distinct ts) from reading"), std::to_string(2 * s.position) + "|" + std::to_string(s.position));
  std::printf("[ position ] %llu\n", static_cast<unsigned long long>(s.position));
}

TEST_F(Writer, RefusesASecondWriter) {
  writer w(o, {});
  w.start();
  options second = o;
  second.lock_wait = 300ms;
  EXPECT_THAT(start_sentence(second), ::testing::StartsWith("another iocd writes the database"));
  second.shard = 1;
  EXPECT_EQ(start_sentence(second), "started");
}

TEST_F(Writer, NeverWritesAgainOnceAnotherHasTakenOver) {
  told t;
  writer w(o, t.events());
  w.start();
  w.submit(one(1, {reading("a", "m", noon, 1.0)}));
  ASSERT_TRUE(w.drain(10s));
  // The first loses its connection and cannot come back while the second starts, writes and ends.
  sql("alter role ioc connection limit 0");
  sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'iocd writer%'");
  ASSERT_TRUE(eventually([&] { return !w.up(); }));
  sql("update position set writer = gen_random_uuid()");  // what a second iocd's start does
  sql("alter role ioc connection limit -1");
  ASSERT_TRUE(eventually([&] { return t.fatals() == 1; }));
  EXPECT_THAT(t.fatal.front(), ::testing::HasSubstr("another iocd has written the database"));
  EXPECT_FALSE(w.submit(one(2, {reading("a", "m", noon, 2.0)})));
  EXPECT_EQ(sql("select count(*) from reading"), "1");
}

TEST_F(Writer, NoticesATakeOverInsideItsOwnConnection) {
  told t;
  writer w(o, t.events());
  w.start();
  sql("update position set writer = gen_random_uuid()");
  w.submit(one(1, {reading("a", "m", noon, 1.0)}));
  ASSERT_TRUE(eventually([&] { return t.fatals() == 1; }));
  EXPECT_FALSE(w.drain(1s));
  EXPECT_EQ(sql("select (select count(*) from reading), (select position from position)"), "0|0");
}

TEST_F(Writer, GoesOnAfterAStopOfTheServer) {
  told t;
  options small = o;
  small.queue_bytes = 40'000;
  writer w(small, t.events());
  w.start();
  w.submit(one(1, {reading("a", "m", noon, 1.0)}));
  ASSERT_TRUE(w.drain(10s));
  pg.stop();
  ASSERT_TRUE(eventually([&] { return !w.up(); }));  // without a write
  std::atomic<std::uint64_t> submitted{1};
  std::thread source([&] {
    for (std::uint64_t i = 2; i <= 2'000; ++i, ++submitted) w.submit(one(i, {reading("a", "m", noon + 1ms * i, 1.0)}));
  });
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(submitted, 1'000u);            // the full queue makes the source wait
  EXPECT_LE(w.queued_bytes(), 40'000u);
  pg.start();
  source.join();
  ASSERT_TRUE(w.drain(20s));
  EXPECT_TRUE(w.up());
  EXPECT_EQ(sql("select count(*), count(distinct ts) from reading"), "2000|2000");
  EXPECT_GE(t.down.size(), 1u);
}

// Memory full while the server is away: rows wait on disk, in order, and nobody waits for them; afterwards all are there, once.
TEST_F(Writer, SetsRowsAsideOnDiskWhileTheServerIsAway) {
  auto const folder = std::filesystem::temp_directory_path() / ("ioc-waiting-" + std::to_string(::getpid()));
  told t;
  options small = o;
  small.queue_bytes = 40'000;
  small.transaction_bytes = 10'000;
  small.spill_dir = folder;
  small.spill_bytes = 8 << 20;
  {
    writer w(small, t.events());
    w.start();
    w.submit(one(1, {reading("a", "m", noon, 1.0)}));
    ASSERT_TRUE(w.drain(10s));
    pg.stop();
    ASSERT_TRUE(eventually([&] { return !w.up(); }));
    auto const begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 2; i <= 3'000; ++i) {
      batch b = one(i, {message("a", noon + 1ms * i, {{"m", i * 1.0}, {"door", true}, {"text", std::string("mở")}})});
      b.objects = {alert_object(id1, static_cast<std::uint32_t>(i), "active_unacked", noon)};
      if (i % 100 == 0) b.snapshot = engine_snapshot{i, 1, "state " + std::to_string(i)};
      ASSERT_TRUE(w.submit(std::move(b)));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);  // nobody waited for the database
    EXPECT_GT(w.spilled_bytes(), 100'000u);
    EXPECT_TRUE(std::filesystem::is_empty(folder));  // whatever ends the process frees the disk
    EXPECT_EQ(w.trouble(), "");
    pg.start();
    ASSERT_TRUE(w.drain(30s));
    EXPECT_EQ(w.spilled_bytes(), 0u);
    w.submit(one(3'001, {reading("a", "m", noon + 1h, 1.0)}));  // back in memory
    ASSERT_TRUE(w.drain(10s));
  }
  EXPECT_EQ(sql("select count(*), count(distinct ts), count(distinct device_id) from reading"), "3001|3001|1");
  EXPECT_EQ(sql("select value, text from reading_value where ts = '2026-11-22 12:00:00.5+00' order by metric"), "1|\n500|\n|mở");
  EXPECT_EQ(sql("select version from wire_object"), "3000");
  EXPECT_EQ(sql("select position, convert_from(p.bytes, 'UTF8') from engine_state s join engine_part p using (shard, turn)"), "3000|state 3000");
  std::filesystem::remove_all(folder);
}

TEST_F(Writer, WaitsOnlyWhenTheDisksShareIsFullToo) {
  auto const folder = std::filesystem::temp_directory_path() / ("ioc-full-" + std::to_string(::getpid()));
  options small = o;
  small.queue_bytes = 20'000;
  small.spill_dir = folder;
  small.spill_bytes = 60'000;
  writer w(small, {});
  w.start();
  pg.stop();
  ASSERT_TRUE(eventually([&] { return !w.up(); }));
  std::atomic<std::uint64_t> submitted{0};
  std::thread source([&] {
    for (std::uint64_t i = 1; i <= 1'000; ++i, ++submitted) w.submit(one(i, {reading("a", "m", noon + 1ms * i, 1.0)}));
  });
  EXPECT_TRUE(eventually([&] { return w.trouble().find("share of the disk") != std::string::npos; }));
  EXPECT_LT(submitted, 1'000u);
  EXPECT_LE(w.spilled_bytes(), 60'000u);
  pg.start();
  source.join();
  ASSERT_TRUE(w.drain(20s));
  EXPECT_EQ(w.trouble(), "");
  EXPECT_EQ(sql("select count(*), count(distinct ts) from reading"), "1000|1000");
  w.stop();
  std::filesystem::remove_all(folder);
}

TEST_F(Writer, KeepsOnlySoManyRefusedMessagesOfASourceAndDay) {
  options few = o;
  few.most_rejected = 10;
  auto const now = std::chrono::floor<core::duration>(std::chrono::system_clock::now());
  auto const flood = [&](writer& w, std::uint64_t from, std::string const& source) {
    for (std::uint64_t i = from; i < from + 15; ++i) {
      batch b = one(i, {});
      b.rejected.push_back({i, 0, now, "t", "x", "not_json", source, ""});
      w.submit(std::move(b));
    }
    ASSERT_TRUE(w.drain(10s));
  };
  {
    writer w(few, {});
    w.start();
    flood(w, 1, "native");
    flood(w, 101, "zigbee2mqtt");
  }
  writer again(few, {});  // a restart does not open the door anew
  again.start();
  flood(again, 201, "native");
  EXPECT_EQ(sql("select source, count(*) from rejected group by 1 order by 1"), "native|10\nzigbee2mqtt|10");
}

TEST_F(Writer, StopsWhileTheServerIsAway) {
  writer w(o, {});
  w.start();
  pg.stop();
  w.submit(one(1, {reading("a", "m", noon, 1.0)}));
  auto const begin = std::chrono::steady_clock::now();
  w.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  EXPECT_FALSE(w.submit(one(2, {})));
  pg.start();
}

TEST_F(Writer, SaysPlainlyWhatIsWrong) {
  auto const wrong = std::filesystem::temp_directory_path() / ("ioc-wrong-" + std::to_string(::getpid()));
  std::ofstream(wrong) << "nonsense\n";
  options bad = o;
  bad.password_file = wrong.string();
  EXPECT_EQ(start_sentence(bad), "PostgreSQL at 127.0.0.1:" + std::to_string(pg.port()) + "/" + db + " refused the password of the account 'ioc': check " + wrong.string());
  bad = o;
  bad.password_file = "/nowhere/secret";
  EXPECT_THAT(start_sentence(bad), ::testing::HasSubstr("cannot read the database password from /nowhere/secret"));
  bad = o;
  bad.url = "postgresql://ioc@127.0.0.1:" + std::to_string(pg.port()) + "/nothere";
  EXPECT_THAT(start_sentence(bad), ::testing::HasSubstr("has no database 'nothere'"));
  bad.url = "postgresql://ioc@127.0.0.1:1/" + db;
  EXPECT_THAT(start_sentence(bad), ::testing::StartsWith("unavailable: PostgreSQL at 127.0.0.1:1/"));
  bad.url = "postgresql://ioc@127.0.0.1:x y";
  EXPECT_THAT(start_sentence(bad), ::testing::StartsWith("the database url is wrong"));
  EXPECT_THAT(start_sentence(pg.options_for(pg.make_database(false))), ::testing::HasSubstr("lacks the extension pg_partman: run deploy/postgres/create-extensions"));
  std::filesystem::remove(wrong);
}
