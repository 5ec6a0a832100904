// The database writer alone, against a bare libpq loop that COPYs the very same rows, encoded beforehand, into the same table with the
// same indexes. On a durable private server; both in turns in one session, so that whatever else the machine does hits both. Then how
// long one device's day takes.
//   postgres_bench [messages of 4 values, default 300000] [turns, default 3]
//   postgres_bench rollup [devices, default 100000] [metrics, default 10]
#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/migrate.hpp"
#include "adapters/postgres/queries.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/tests/cluster.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace ioc;
using namespace ioc::postgres;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t devices = 1'000, values = 4, a_batch = 500, a_transaction = 20'000;
core::time_point const day = std::chrono::floor<std::chrono::days>(std::chrono::floor<core::duration>(std::chrono::system_clock::now())) - 24h;

reading_row row_of(std::size_t i, layout_ptr const& layout) {
  auto const t = day + 1s * static_cast<std::int64_t>(i / devices % 86'400);
  reading_row r{"03478", "device-" + std::to_string(i % devices), t, t + 80ms, i, layout, {}};
  for (std::size_t k = 0; k < values; ++k) r.values.push_back({20.0 + static_cast<double>((i + k) % 977) / 7, core::quality::good, false});
  return r;
}

double cpu_s() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

struct figure {
  double per_s = 0, cpu_us = 0;
};
template <class F>
figure measure(std::size_t messages, F body) {
  auto const cpu = cpu_s();
  auto const begin = std::chrono::steady_clock::now();
  body();
  double const s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return {static_cast<double>(messages) / s, (cpu_s() - cpu) / static_cast<double>(messages) * 1e6};
}

figure through_writer(options const& o, std::size_t messages) {
  writer w(o, {});
  auto position = w.start().position;
  layout_book book;
  auto const layout = book.find({"m/0", "m/1", "m/2", "m/3"});
  std::vector<batch> ready;  // made beforehand: making rows is the pipeline's cost, not ours
  for (std::size_t i = 0; i < messages;) {
    auto& b = ready.emplace_back();
    b.position = ++position;
    for (std::size_t k = 0; k < a_batch && i < messages; ++k) b.readings.push_back(row_of(i++, layout));
  }
  return measure(messages, [&] {
    for (auto& b : ready) w.submit(std::move(b));
    if (!w.drain(10min)) std::exit(1);
  });
}

figure through_libpq(options const& o, std::size_t messages) {
  postgres::link l(o, "bench");
  l.limit(10min);
  layout_book book;
  auto const layout = book.find({"m/0", "m/1", "m/2", "m/3"});
  auto const layout_id = std::atoi(std::string(l.run("select layout_id('{m/0,m/1,m/2,m/3}')").text(0, 0)).c_str());
  std::vector<std::string> ready;
  for (std::size_t i = 0; i < messages;) {
    copy_stream out;
    for (std::size_t k = 0; k < a_transaction && i < messages; ++k, ++i) out.add(row_of(i, layout), static_cast<std::int32_t>(1 + i % devices), layout_id);
    out.end();
    ready.emplace_back(out.bytes());
  }
  return measure(messages, [&] {
    for (auto const& bytes : ready) {
      l.run("begin");
      l.copy_begin(sql::copy_readings);
      l.copy_piece(bytes);
      l.copy_end();
      l.run("commit");
    }
  });
}

long memory_mib() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6) / 1024;
  return 0;
}

// Every device says all its metrics three times in one minute; how long storing takes, what the open minute holds in memory, and how
// long its roll-up takes once it has closed.
void roll_up(test::cluster& pg, std::string const& db, options o, std::size_t count, std::size_t metrics) {
  o.rollup_grace = 0s;
  layout_book book;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < metrics; ++k) names.push_back("metric/" + std::to_string(k));
  auto const layout = book.find({names.begin(), names.end()});
  writer w(o, {});
  auto position = w.start().position;
  auto const minute = std::chrono::ceil<std::chrono::minutes>(std::chrono::floor<core::duration>(std::chrono::system_clock::now()));
  auto const before = memory_mib();
  double slowest = 0, all = 0;
  for (int round = 0; round < 3; ++round) {
    auto const f = measure(count, [&] {
      for (std::size_t i = 0; i < count;) {
        batch b;
        b.position = ++position;
        for (std::size_t k = 0; k < a_batch && i < count; ++k, ++i) {
          reading_row r{"03478", "roll-" + std::to_string(i), minute + 15s * round, minute + 15s * round, {}, layout, {}};
          for (std::size_t m = 0; m < metrics; ++m) r.values.push_back({static_cast<double>(i % 97 + m), core::quality::good, false});
          b.readings.push_back(std::move(r));
        }
        w.submit(std::move(b));
      }
      if (!w.drain(10min)) std::exit(1);
    });
    slowest = std::max(slowest, static_cast<double>(count) / f.per_s);
    all += static_cast<double>(count) / f.per_s;
  }
  std::printf("%zu devices x %zu metrics, three times: stored in %.1f s (slowest round %.1f s); the process grew by %ld MiB with the minute open\n", count, metrics, all, slowest,
              memory_mib() - before);
  auto const rows = [&] { return std::strtoull(pg.sql(db, "select count(*) from reading_minute where ts = '" + core::to_iso(minute) + "'").c_str(), nullptr, 10); };
  while (rows() == 0) std::this_thread::sleep_for(50ms);
  auto const begin = std::chrono::steady_clock::now();
  while (rows() < count && std::chrono::steady_clock::now() - begin < 60s) std::this_thread::sleep_for(50ms);
  std::printf("its roll-up: %llu rows within %.1f s of the first, %s of them due for a second look\n", static_cast<unsigned long long>(rows()),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), pg.sql(db, "select count(*) from rollup_due").c_str());
}

double middle(std::vector<figure> all, double figure::*what) {
  std::sort(all.begin(), all.end(), [&](auto const& a, auto const& b) { return a.*what < b.*what; });
  return all[all.size() / 2].*what;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "rollup") {
    test::cluster::durable = true;
    auto& pg = test::cluster::get();
    auto const db = pg.make_database();
    migrate(pg.options_for(db));
    roll_up(pg, db, pg.options_for(db), argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 10);
    return 0;
  }
  std::size_t const messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 300'000;
  int const turns = argc > 2 ? std::atoi(argv[2]) : 3;
  test::cluster::durable = true;
  auto& pg = test::cluster::get();
  auto const db = pg.make_database();
  auto const o = pg.options_for(db);
  migrate(o);
  through_writer(o, 10'000);  // makes devices and days
  std::vector<figure> ours, bare;
  for (int turn = 0; turn < turns; ++turn)
    for (bool const us : {turn % 2 == 0, turn % 2 != 0}) {
      pg.sql(db, "truncate reading, reading_minute, rollup_due");
      pg.sql(db, "checkpoint");
      auto const f = us ? through_writer(o, messages) : through_libpq(o, messages);
      (us ? ours : bare).push_back(f);
      std::printf("%-28s %9.0f messages/s  %9.0f values/s  %5.2f us of our CPU a message\n", us ? "writer" : "C: bare libpq, binary COPY", f.per_s, f.per_s * values, f.cpu_us);
    }
  double const ratio = middle(ours, &figure::per_s) / middle(bare, &figure::per_s);
  std::printf("writer / C = %.2f of %d turns each (goal 0.80), %s\n", ratio, turns, ratio >= 0.8 ? "met" : "missed");

  queries q(open_pool(o));
  pg.sql(db, "vacuum analyze reading");
  reading_range const range{"03478", "device-7", "m/2", day, day + 24h, std::nullopt};
  q.readings(range, 50'000);
  auto const begin = std::chrono::steady_clock::now();
  std::size_t const n = q.readings(range, 50'000).size();
  std::printf("one series: %zu points read in %.1f ms\n", n, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
}
