// Readings and roll-ups as HTTP asks for them. A long range is read page by page, each with a connection of its own for a moment.
#include "adapters/postgres/connections.hpp"
#include "adapters/postgres/queries.hpp"
#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/text.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <stdexcept>

namespace ioc::postgres {

using namespace std::chrono_literals;

namespace {

constexpr auto read = pool::kind::read;
constexpr core::duration width_of[] = {1min, 1h, 24h};
constexpr std::size_t page_rows = 20'000;

template <class T>
T number(pqxx::field const& f) {
  T v{};
  std::from_chars(f.c_str(), f.c_str() + f.size(), v);
  return v;
}

core::time_point floor_to(core::time_point t, core::duration width) {
  auto const us = t.time_since_epoch();
  auto const rest = us % width;
  return core::time_point{us - (rest.count() < 0 ? rest + width : rest)};
}
core::time_point ceil_to(core::time_point t, core::duration width) {
  auto const below = floor_to(t, width);
  return below == t ? t : below + width;
}

unsigned marks(pqxx::field const& f) { return f.is_null() ? 0u : number<unsigned>(f); }

point point_of(pqxx::row const& row) {
  point p;
  p.t = core::from_us(number<std::int64_t>(row[0]));
  auto const m = marks(row[3]);
  if (m & mark::text) p.v = text_of(row[2]);
  else if (!row[1].is_null() && (m & mark::boolean)) p.v = number<double>(row[1]) != 0;
  else if (!row[1].is_null()) p.v = number<double>(row[1]);
  p.q = static_cast<core::quality>(m & mark::quality);
  return p;
}

// Up to `limit` rows of one series; of rows for the same time the last is kept. `whole`: nothing is left in the range.
struct page {
  std::vector<point> points;
  core::time_point next;  // where the rest begins
  bool whole = true;
};
page read_page(pool& connections, reading_range const& r, std::size_t limit) {
  return connections.run(read, [&](pqxx::nontransaction& t) {
    auto const as_of = r.as_of ? std::optional(timestamp(*r.as_of)) : std::nullopt;
    page out;
    // Rows for one time are never parted between two pages; more of them than a page holds are rare, and asked for again.
    for (std::size_t rows_wanted = limit + 1;; rows_wanted *= 4) {
      auto const rows = t.exec_params(sql::readings, clean_text(r.unit), clean_text(r.device), clean_text(r.metric), timestamp(r.from), timestamp(r.to),
                                      or_null(as_of), std::to_string(rows_wanted));
      out.points.clear();
      out.points.reserve(rows.size());
      for (auto const& row : rows) {
        auto p = point_of(row);
        if (!out.points.empty() && out.points.back().t == p.t) out.points.back() = std::move(p);
        else out.points.push_back(std::move(p));
      }
      out.whole = rows.size() < rows_wanted;
      if (out.whole) break;
      if (out.points.size() < 2) continue;
      out.next = out.points.back().t;
      out.points.pop_back();
      break;
    }
    return out;
  });
}

// One bucket, as it is added up from parts that come in time order.
struct sum {
  double min = 0, max = 0, total = 0, last = 0;
  std::int64_t count = 0;
  void add(double n, double lo, double t, double hi, double l) {
    min = count ? std::min(min, lo) : lo;
    max = count ? std::max(max, hi) : hi;
    total = count ? total + t : t;
    last = l;
    count += static_cast<std::int64_t>(n);
  }
};

class gatherer {
 public:
  gatherer(pool& connections, reading_range const& r, core::duration step) : connections_(connections), range_(r), step_(step) {}

  std::vector<rollup_point> run() {
    int level = -1;
    if (!range_.as_of)
      for (int l = 0; l < 3; ++l)
        if (step_ % width_of[l] == core::duration{0}) level = l;
    if (level >= 0) read_limits();
    gather(level, range_.from, range_.to);
    if (current_.count) close();
    return std::move(out_);
  }

 private:
  // Up to where the level's buckets are closed and right for this device.
  void read_limits() {
    connections_.run(read, [&](pqxx::nontransaction& t) {
      auto const rows = t.exec_params(sql::rollup_valid, clean_text(range_.unit), clean_text(range_.device), timestamp(floor_to(range_.from, 24h)));
      int level = 0;
      for (auto const& row : rows) {
        valid_[level] = row[0].is_null() ? core::time_point{} : core::from_us(number<std::int64_t>(row[0]));
        if (!row[1].is_null()) valid_[level] = std::min(valid_[level], core::from_us(number<std::int64_t>(row[1])));
        ++level;
      }
      return 0;
    });
  }

  // [from, to) from the level where it can give whole buckets, what is before and behind them from the level below.
  void gather(int level, core::time_point from, core::time_point to) {
    if (from >= to) return;
    if (level < 0) return gather_raw(from, to);
    auto const begin = ceil_to(from, width_of[level]);
    auto const end = floor_to(std::min(to, valid_[level]), width_of[level]);
    if (begin >= end) return gather(level - 1, from, to);
    gather(level - 1, from, begin);
    gather_level(level, begin, end);
    gather(level - 1, end, to);
  }

  void gather_level(int level, core::time_point from, core::time_point to) {
    connections_.run(read, [&](pqxx::nontransaction& t) {
      for (auto const& row : t.exec_params(sql::rollups[level], clean_text(range_.unit), clean_text(range_.device), clean_text(range_.metric), timestamp(from),
                                           timestamp(to))) {
        auto const at = core::from_us(number<std::int64_t>(row[0]));
        if (!row[1].is_null()) {
          auto const v = number<double>(row[1]);
          add(at, 1, v, v, v, v);
        } else if (!row[2].is_null()) {
          add(at, number<double>(row[2]), number<double>(row[3]), number<double>(row[4]), number<double>(row[5]), number<double>(row[6]));
        }
      }
      return 0;
    });
  }

  void gather_raw(core::time_point from, core::time_point to) {
    auto r = range_;
    r.from = from;
    r.to = to;
    for (bool whole = false; !whole;) {
      auto p = read_page(connections_, r, page_rows);
      for (auto const& x : p.points) {
        if (x.q == core::quality::bad) continue;
        if (auto const v = core::number_of(x.v)) add(x.t, 1, *v, *v, *v, *v);
      }
      whole = p.whole;
      r.from = p.next;
    }
  }

  void add(core::time_point t, double n, double lo, double total, double hi, double last) {
    auto const bucket = floor_to(t, step_);
    if (current_.count && bucket != bucket_) close();
    bucket_ = bucket;
    current_.add(n, lo, total, hi, last);
  }

  void close() {
    out_.push_back({bucket_, current_.min, current_.total / static_cast<double>(current_.count), current_.max, current_.last, current_.count});
    current_ = {};
  }

  pool& connections_;
  reading_range const range_;
  core::duration const step_;
  core::time_point valid_[3];
  core::time_point bucket_;
  sum current_;
  std::vector<rollup_point> out_;
};

}  // namespace

std::vector<point> queries::readings(reading_range const& r, std::size_t limit) const {
  std::vector<point> out;
  auto rest = r;
  for (bool whole = false; !whole && out.size() < limit;) {
    auto p = read_page(*pool_, rest, limit - out.size());
    std::move(p.points.begin(), p.points.end(), std::back_inserter(out));
    whole = p.whole;
    rest.from = p.next;
  }
  return out;
}

std::vector<rollup_point> queries::rollup(reading_range const& r, core::duration step) const {
  if (step < 1ms || step > std::chrono::days{11'574}) throw std::invalid_argument("step must be between 0.001 and 1e9 seconds");
  return gatherer(*pool_, r, step).run();
}

}  // namespace ioc::postgres
