#include "adapters/postgres/copy.hpp"

#include "adapters/postgres/text.hpp"

#include <bit>
#include <cstring>

namespace ioc::postgres {

namespace {

constexpr std::int64_t epoch_2000_us = 946'684'800'000'000;  // PostgreSQL counts from 2000-01-01
constexpr std::int32_t type_float8 = 701, type_text = 25;    // pg_type.oid

// Fields are big endian, each after its length; length -1 is null.
template <class T>
char* put(char* p, T v) {
  auto u = static_cast<std::make_unsigned_t<T>>(v);
  if constexpr (sizeof(T) == 8) u = __builtin_bswap64(u);
  else if constexpr (sizeof(T) == 4) u = __builtin_bswap32(u);
  else if constexpr (sizeof(T) == 2) u = __builtin_bswap16(u);
  std::memcpy(p, &u, sizeof u);
  return p + sizeof u;
}
template <class T>
char* field(char* p, T v) {
  return put(put<std::int32_t>(p, sizeof(T)), v);
}
char* null(char* p) { return put<std::int32_t>(p, -1); }
char* number(char* p, double v) { return field(p, std::bit_cast<std::int64_t>(v)); }
char* dimension(char* p, std::size_t n) { return put<std::int32_t>(put<std::int32_t>(p, static_cast<std::int32_t>(n)), 1); }

constexpr std::size_t fixed_part = 2 + 3 * 12 + 2 * 8;

}  // namespace

core::time_point filed_at(reading_row const& r) {
  if (storable(r.t)) return r.t;
  if (storable(r.known_at)) return r.known_at;
  return r.known_at < first_storable ? first_storable : last_storable - core::duration{1};
}

unsigned mark_of(reading_value const& v) {
  return static_cast<unsigned>(v.q) | (v.late ? mark::late : 0u) | (std::holds_alternative<bool>(v.v) ? mark::boolean : 0u) |
         (std::holds_alternative<std::string>(v.v) ? mark::text : 0u);
}

copy_stream::copy_stream() { bytes_.assign("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19); }

char* copy_stream::room(std::size_t n) {
  auto const at = bytes_.size();
  bytes_.resize(at + n);
  return bytes_.data() + at;
}

void copy_stream::add(reading_row const& r, std::int32_t device_id, std::int32_t layout_id) {
  auto const k = r.values.size();
  unsigned all_marks = 0;
  bool nulls = false, texts = false;
  for (auto const& v : r.values) {
    all_marks |= mark_of(v);
    texts |= std::holds_alternative<std::string>(v.v);
    nulls |= !std::holds_alternative<double>(v.v) && !std::holds_alternative<bool>(v.v);
  }
  char* p = room(fixed_part + 4 + 20 + k * 12 + 4 + (all_marks ? k : 0) + 4);
  p = put<std::int16_t>(p, 8);
  p = field(p, core::to_us(filed_at(r)) - epoch_2000_us);
  p = field(p, core::to_us(r.known_at) - epoch_2000_us);
  p = r.seq ? field(p, static_cast<std::int64_t>(*r.seq)) : null(p);
  p = field(p, device_id);
  p = field(p, layout_id);
  char* const array = p;
  p += 4;
  p = put<std::int32_t>(p, 1);
  p = put<std::int32_t>(p, nulls ? 1 : 0);
  p = dimension(put(p, type_float8), k);
  for (auto const& v : r.values) {
    if (auto const* d = std::get_if<double>(&v.v)) p = number(p, *d);
    else if (auto const* b = std::get_if<bool>(&v.v)) p = number(p, *b ? 1.0 : 0.0);
    else p = null(p);
  }
  put(array, static_cast<std::int32_t>(p - array - 4));
  if (all_marks) {
    p = put(p, static_cast<std::int32_t>(k));
    for (auto const& v : r.values) *p++ = static_cast<char>(mark_of(v));
  } else {
    p = null(p);
  }
  if (!texts) {
    p = null(p);
    bytes_.resize(static_cast<std::size_t>(p - bytes_.data()));
    return;
  }
  bytes_.resize(static_cast<std::size_t>(p - bytes_.data()));
  auto const text_at = bytes_.size();
  p = dimension(put(put<std::int32_t>(put<std::int32_t>(room(24) + 4, 1), 1), type_text), k);
  for (auto const& v : r.values) {
    auto const* text = std::get_if<std::string>(&v.v);
    if (!text) {
      null(room(4));
      continue;
    }
    std::string const clean = clean_text(*text);
    put(room(4), static_cast<std::int32_t>(clean.size()));
    bytes_ += clean;
  }
  put(bytes_.data() + text_at, static_cast<std::int32_t>(bytes_.size() - text_at - 4));
}

void copy_stream::add_rollup(core::time_point t, std::int32_t device_id, std::int32_t layout_id, std::vector<double> const& numbers, std::size_t metrics) {
  bool const wide = numbers.size() != metrics;
  char* p = room(2 + 12 + 2 * 8 + 4 + 12 + (wide ? 16 : 8) + numbers.size() * 12);
  p = put<std::int16_t>(p, 4);
  p = field(p, core::to_us(t) - epoch_2000_us);
  p = field(p, device_id);
  p = field(p, layout_id);
  p = put(p, static_cast<std::int32_t>(12 + (wide ? 16 : 8) + numbers.size() * 12));
  p = put(put<std::int32_t>(put<std::int32_t>(p, wide ? 2 : 1), 0), type_float8);
  p = dimension(p, metrics);
  if (wide) p = dimension(p, 5);
  for (double const v : numbers) p = number(p, v);
}

void copy_stream::end() { put<std::int16_t>(room(2), -1); }

}  // namespace ioc::postgres
