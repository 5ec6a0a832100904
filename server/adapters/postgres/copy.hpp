#pragma once
#include "adapters/postgres/rows.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ioc::postgres {

// Sane times of a reading, half open: partitions are days, and a lying clock must not make a table for the year 9000.
inline constexpr core::time_point first_storable = core::from_us(946'684'800'000'000);  // 2000-01-01
inline constexpr core::time_point last_storable = core::from_us(4'102'444'800'000'000);  // 2100-01-01
constexpr bool storable(core::time_point t) { return t >= first_storable && t < last_storable; }

// The time a reading is filed under: its own, or where that is impossible its known_at (or the nearest limit).
core::time_point filed_at(reading_row const& r);

// What is noted of a value beside its number: the bytes of reading.marks.
namespace mark {
inline constexpr unsigned quality = 3, late = 4, boolean = 8, text = 16;
}
unsigned mark_of(reading_value const& v);

// PostgreSQL's binary COPY stream (PostgreSQL 15 manual, COPY, "Binary Format") for the tables of readings, in the column order of
// sql::copy_readings and sql::copy_minutes. Half the cost of the text form. Pure: bytes in memory, handed out piece by piece with
// take(), so that the server works while the next piece is made.
class copy_stream {
 public:
  copy_stream();
  void add(reading_row const& r, std::int32_t device_id, std::int32_t layout_id);
  // numbers: `metrics` values, or five for each of them (a roll-up, see migration 0004).
  void add_rollup(core::time_point t, std::int32_t device_id, std::int32_t layout_id, std::vector<double> const& numbers, std::size_t metrics);
  void end();  // the trailer
  std::size_t size() const { return bytes_.size(); }
  std::string_view bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  char* room(std::size_t n);
  std::string bytes_;
};

}  // namespace ioc::postgres
