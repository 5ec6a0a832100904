#include "adapters/postgres/copy.hpp"

#include "adapters/postgres/text.hpp"

#include <bit>
#include <cstring>

namespace ioc::postgres {

namespace {

constexpr std::int64_t epoch_2000_us = 946'684'800'000'000;  // PostgreSQL counts from 2000-01-01

// Fields are big endian, each after its length; length -1 is null.
template <class T>
void put(std::string& out, T v) {
  char b[sizeof(T)];
  auto u = static_cast<std::make_unsigned_t<T>>(v);
  for (std::size_t i = sizeof(T); i-- > 0; u = static_cast<decltype(u)>(u >> (sizeof(T) > 1 ? 8 : 0))) b[i] = static_cast<char>(u & 0xFF);
  out.append(b, sizeof b);
}
template <class T>
void field(std::string& out, T v) {
  put<std::int32_t>(out, sizeof(T));
  put(out, v);
}
void null(std::string& out) { put<std::int32_t>(out, -1); }
void flag(std::string& out, bool v) { field<std::int8_t>(out, v ? 1 : 0); }

}  // namespace

core::time_point filed_at(reading_row const& r) {
  if (storable(r.t)) return r.t;
  if (storable(r.known_at)) return r.known_at;
  return r.known_at < first_storable ? first_storable : last_storable - core::duration{1};
}

reading_copy::reading_copy() {
  bytes_.assign("PGCOPY\n\377\r\n\0", 11);
  put<std::int32_t>(bytes_, 0);  // flags
  put<std::int32_t>(bytes_, 0);  // header extension
}

void reading_copy::add(reading_row const& r, std::int32_t series_id) {
  auto const* number = std::get_if<double>(&r.v);
  auto const* boolean = std::get_if<bool>(&r.v);
  auto const* text = std::get_if<std::string>(&r.v);
  put<std::int16_t>(bytes_, 9);
  field(bytes_, core::to_us(filed_at(r)) - epoch_2000_us);
  field(bytes_, core::to_us(r.known_at) - epoch_2000_us);
  if (number || boolean) field(bytes_, std::bit_cast<std::int64_t>(number ? *number : (*boolean ? 1.0 : 0.0))); else null(bytes_);
  if (r.seq) field(bytes_, static_cast<std::int64_t>(*r.seq)); else null(bytes_);
  field(bytes_, series_id);
  field(bytes_, static_cast<std::int16_t>(r.q));
  flag(bytes_, r.late);
  flag(bytes_, boolean != nullptr);
  if (text) {
    std::string const clean = clean_text(*text);
    put(bytes_, static_cast<std::int32_t>(clean.size()));
    bytes_ += clean;
  } else {
    null(bytes_);
  }
  ++rows_;
}

std::string reading_copy::take() {
  put<std::int16_t>(bytes_, -1);
  return std::move(bytes_);
}

}  // namespace ioc::postgres
