// How fast readings get into the real table `reading` (day partition, B-tree on series and time), on a durable private server.
// Baseline by name: libpqxx 6.4 stream_to (text COPY), same rows, same table, a transaction each 20,000 rows, times and
// series ids made beforehand (the writer is timed with both).
//   postgres_bench [rows, default 1000000]
#include "adapters/postgres/migrate.hpp"
#include "adapters/postgres/queries.hpp"
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/text.hpp"
#include "adapters/postgres/tests/cluster.hpp"

#include <pqxx/pqxx>
#include <pqxx/stream_to>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <tuple>

using namespace ioc;
using namespace ioc::postgres;
using namespace std::chrono_literals;

namespace {

constexpr int devices = 200, metrics = 5;
core::time_point const day = *core::from_iso("2026-11-22T00:00:00Z");

reading_row row_of(std::size_t i) {
  auto const series = i % (devices * metrics);
  auto r = test::reading("device-" + std::to_string(series / metrics), "metric/" + std::to_string(series % metrics),
                         day + 80ms * static_cast<std::int64_t>(i / (devices * metrics)), 20.0 + static_cast<double>(i % 977) / 7);
  r.seq = i;
  return r;
}

double cpu_s() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

template <class F>
void measure(char const* name, std::size_t rows, F body) {
  auto const cpu = cpu_s();
  auto const begin = std::chrono::steady_clock::now();
  body();
  double const s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%-44s %10.0f rows/s   %6.2f s   %5.2f us of our CPU a row\n", name, static_cast<double>(rows) / s, s, (cpu_s() - cpu) / static_cast<double>(rows) * 1e6);
}

void through_writer(options const& o, std::size_t rows, std::size_t batch_rows) {
  writer w(o, {});
  auto position = w.start().position;
  std::string const name = "writer, batches of " + std::to_string(batch_rows);
  std::vector<batch> ready;  // made beforehand: making rows is perceive's cost, not ours
  for (std::size_t i = 0; i < rows;) {
    batch b;
    b.position = ++position;
    for (std::size_t k = 0; k < batch_rows && i < rows; ++k) b.readings.push_back(row_of(i++));
    ready.push_back(std::move(b));
  }
  measure(name.c_str(), rows, [&] {
    for (auto& b : ready) w.submit(std::move(b));
    if (!w.drain(10min)) std::exit(1);
  });
}

void through_stream_to(options const& o, std::size_t rows) {
  pqxx::connection c(connection_text(o, "bench"));
  pqxx::result known;
  {
    pqxx::work t(c);
    known = t.exec("select unit || '/' || device || '/' || metric, id from series");
    t.commit();
  }
  std::map<std::string, int> ids;
  for (auto const& r : known) ids[r[0].c_str()] = r[1].as<int>();
  using columns_of_a_row = std::tuple<std::string, std::string, double, std::int64_t, int, int, bool, bool>;
  std::vector<columns_of_a_row> ready(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    auto const r = row_of(i);
    ready[i] = {timestamp(r.t), timestamp(r.known_at), std::get<double>(r.v), static_cast<std::int64_t>(*r.seq),
                ids.at(r.unit + "/" + r.device + "/" + r.metric), 0, false, false};
  }
  std::vector<std::string> const columns{"ts", "known_at", "value", "seq", "series_id", "quality", "late", "is_bool"};
  measure("baseline: libpqxx 6.4 stream_to, 20,000 a tx", rows, [&] {
    for (std::size_t i = 0; i < rows;) {
      pqxx::work t(c);
      {
        pqxx::stream_to s(t, "reading", columns);
        for (std::size_t k = 0; k < 20'000 && i < rows; ++k) s << ready[i++];
        s.complete();
      }
      t.commit();
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t const rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  test::cluster::durable = true;
  auto& pg = test::cluster::get();
  auto const db = pg.make_database();
  auto const o = pg.options_for(db);
  migrate(o);
  through_writer(o, 10'000, 1'000);  // makes series and the day
  for (std::size_t const size : {std::size_t{5'000}, std::size_t{100}, std::size_t{4}}) {
    pg.sql(db, "truncate reading");
    pg.sql(db, "checkpoint");
    through_writer(o, rows, size);
  }
  pg.sql(db, "truncate reading");
  pg.sql(db, "checkpoint");
  through_stream_to(o, rows);

  queries q(open_pool(o));
  reading_range const range{"03478", "device-7", "metric/3", day, day + 24h, std::nullopt};
  pg.sql(db, "vacuum analyze reading");
  q.readings(range, 50'000);
  auto const begin = std::chrono::steady_clock::now();
  std::size_t const n = q.readings(range, 50'000).size();
  std::printf("one series, one day: %zu rows read in %.1f ms\n", n, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
}
