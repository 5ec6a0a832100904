#pragma once
#include "adapters/postgres/pool.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ioc::postgres {

struct point {
  core::time_point t;
  core::value v;
  core::quality q = core::quality::good;
};

// One step of a roll-up. Texts, missing and bad readings do not count; booleans count as 0 and 1.
struct rollup_point {
  core::time_point t;  // begin of the step
  double min = 0, avg = 0, max = 0, last = 0;
  std::int64_t count = 0;
};

// Half open in event time: from <= t < to. `as_of`: only what was known then.
struct reading_range {
  std::string unit, device, metric;
  core::time_point from, to;
  std::optional<core::time_point> as_of;
};

// Absent = any. `units` empty = none at all (a user without units sees nothing).
struct object_filter {
  std::optional<std::vector<std::string>> units;
  std::optional<bool> open;
  std::optional<std::string> state, rule, device, alert;
  std::optional<int> severity;
  std::optional<core::time_point> from, to;  // of `at`, half open
};

struct object_page {
  std::vector<std::string> docs;  // JSON, newest first
  std::optional<std::string> next;  // cursor; absent = that was all
};

struct stored_object {
  std::string kind, id;
  std::uint32_t version = 0;
  std::string doc;
};

struct stored_device {
  std::string unit, device, doc;
};

struct stored_rejected {
  std::int64_t id = 0, position = 0;
  int part = 0;
  core::time_point received_at;
  std::string topic, payload;
  std::int64_t payload_bytes = 0;
  std::string reason, source, unit;
};

struct rejected_page {
  std::vector<stored_rejected> items;  // newest first
  std::optional<std::string> next;
};

struct stored_log {
  std::uint32_t version = 0;
  core::time_point at;
  std::string what, by, detail;
};

// What HTTP calls read. Blocking, thread-safe. Every call throws `unavailable` when the database is away (within about 2 s)
// or too slow (options.query_limit), std::invalid_argument for a cursor that is none of ours.
class queries {
 public:
  explicit queries(std::shared_ptr<pool> p) : pool_(std::move(p)) {}

  // Oldest first, at most `limit`. Of two rows for the same time the one known last wins, before bad ones are left out. Memory and
  // time grow with `limit`, not with the range: whoever wants more asks again from the last time on.
  std::vector<point> readings(reading_range const& r, std::size_t limit) const;
  // Steps that begin at multiples of `step` since 1970, oldest first, those without readings left out. Whole minutes, hours or days
  // come from the roll-ups as far as these are closed, the rest, and everything as it was known at `as_of`, from the readings.
  std::vector<rollup_point> rollup(reading_range const& r, core::duration step) const;

  object_page objects(std::string const& kind, object_filter const& f, std::size_t limit, std::optional<std::string> const& cursor = {}) const;
  std::optional<std::string> object(std::string const& kind, std::string const& id) const;  // id: any text; no UUID = nothing
  std::vector<stored_log> change_log(std::string const& kind, std::string const& id) const;
  rejected_page rejected(std::optional<std::vector<std::string>> const& units, std::size_t limit, std::optional<std::string> const& cursor = {}) const;

  // Everything that is open, every device's last state.
  std::vector<stored_object> open_objects() const;
  std::vector<stored_device> live_devices() const;

  bool ready() const;  // answers within the limits; never throws

 private:
  std::shared_ptr<pool> pool_;
};

}  // namespace ioc::postgres
