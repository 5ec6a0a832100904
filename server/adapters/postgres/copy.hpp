#pragma once
#include "adapters/postgres/rows.hpp"

#include <cstdint>
#include <string>

namespace ioc::postgres {

// Sane times of a reading, half open: partitions are days, and a lying clock must not make a table for the year 9000.
inline constexpr core::time_point first_storable = core::from_us(946'684'800'000'000);  // 2000-01-01
inline constexpr core::time_point last_storable = core::from_us(4'102'444'800'000'000);  // 2100-01-01
constexpr bool storable(core::time_point t) { return t >= first_storable && t < last_storable; }

// The time a reading is filed under: its own, or where that is impossible its known_at (or the nearest limit).
core::time_point filed_at(reading_row const& r);

// PostgreSQL's binary COPY stream for table `reading` (PostgreSQL 15 manual, COPY, "Binary Format"), in the column order of
// sql::copy_readings. Half the cost of the text form. Pure: bytes in memory.
class reading_copy {
 public:
  reading_copy();
  void add(reading_row const& r, std::int32_t series_id);
  std::size_t rows() const { return rows_; }
  std::string take();  // with the trailer

 private:
  std::string bytes_;
  std::size_t rows_ = 0;
};

}  // namespace ioc::postgres
