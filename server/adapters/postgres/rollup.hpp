#pragma once
#include "adapters/postgres/rows.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace ioc::postgres {

// Minutes since 1970 of an instant, rounded down.
constexpr std::int64_t minute_of(core::time_point t) { return std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count(); }
constexpr core::time_point begin_of(std::int64_t minute) { return core::time_point{std::chrono::minutes{minute}}; }

// One device's minute, closed. `numbers` as in the table: a value for each metric, or five (count, min, sum, max, last).
struct closed_minute {
  std::int64_t minute = 0;
  std::int32_t device = 0;
  std::vector<int> metrics;  // names of minute_book
  std::vector<double> numbers;
};

// A bucket that memory cannot tell exactly: it is to be made again from the stored rows.
struct due_minute {
  std::int64_t minute = 0;
  std::int32_t device = 0;
  auto operator<=>(due_minute const&) const = default;
};

// The open minutes of all devices: what was stored is added up in memory, so that a closed minute costs one row and no reading
// back. Exact only for minutes that this process has seen whole (from exact_from()), with each metric in rising time; anything else
// (a correction, a late value, a start in the middle) is named as due. Pure; owned by the writer's thread; 8 bytes a series that was said
// once in the minute, 48 of another.
// Counts good and suspect numbers and booleans; bad values, texts and missing ones only take part in the order.
class minute_book {
 public:
  // Everything below `until` is closed already; only minutes from `exact` on are added up here.
  void start(std::int64_t until, std::int64_t exact);
  // A stored row, filed under `t`.
  void add(reading_row const& r, core::time_point t, std::int32_t device);
  // Late rows' buckets since the last call, each once; to be stored in the transaction of their rows.
  std::vector<due_minute> take_due();
  void forget_due() { due_.clear(); }

  std::int64_t until() const { return until_; }
  std::int64_t exact_from() const { return exact_; }
  // Takes what is open below `until` out of memory, oldest first, at most about `most` devices' minutes. What cannot be told
  // exactly comes as due. Nothing left: closed(until).
  void take(std::int64_t until, std::size_t most, std::vector<closed_minute>& whole, std::vector<due_minute>& due);
  void closed(std::int64_t until) { until_ = std::max(until_, until); }
  std::string const& metric(int name) const { return *names_[static_cast<std::size_t>(name)]; }
  std::size_t open_devices() const;

 private:
  struct slot {
    double min = 0, max = 0, sum = 0, last = 0;
    int metric = 0;
    std::uint32_t count = 0;
    std::uint32_t last_us = 0;  // within the minute
  };
  // Of most devices a minute holds one row: it is kept as it came, 8 bytes a series, and taken apart when a second one comes.
  struct bucket {
    layout_ptr only;
    std::vector<double> numbers;  // of `only`; NaN for what does not count
    std::uint32_t only_us = 0;
    bool broken = false;
    std::vector<slot> slots;
  };
  using minute = std::unordered_map<std::int32_t, bucket>;

  std::vector<int> const& names_of(layout_ptr const& l);
  void put(bucket& b, reading_row const& r, std::uint32_t us);
  static void add_up(bucket& b, std::vector<int> const& names, std::vector<double> const& numbers, std::uint32_t us);

  std::int64_t until_ = 0, exact_ = 0;
  std::map<std::int64_t, minute> open_;
  std::map<std::pair<std::int64_t, std::int32_t>, bool> due_;
  std::unordered_map<std::string, int> name_ids_;
  std::vector<std::string const*> names_;
  std::unordered_map<layout_ptr, std::vector<int>> layouts_;
};

}  // namespace ioc::postgres
