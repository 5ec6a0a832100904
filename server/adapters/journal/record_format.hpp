#pragma once
#include "adapters/journal/journal.hpp"

#include <cstddef>

namespace ioc::journal {

// A record in a segment, little endian, at a multiple of 8 bytes, zero-filled up to the next one:
//   u32 crc · u32 length (header + topic + payload) · u8 kind · u8 flags · u16 topic length · u32 zero · i64 arrival µs · topic · payload
// flags: bits 0-1 QoS, 2 DUP, 3 retain. The CRC-32 starts with the record's position, so bytes that landed at a wrong place do not
// count, and covers everything after itself, filling included. Length 0xffffffff closes a segment; eight zero bytes: nothing yet.
constexpr std::uint64_t record_header_bytes = 24;

struct record_fields {
  record_kind kind = record_kind::message;
  std::uint8_t qos = 0;
  bool dup = false;
  bool retain = false;
  std::int64_t arrival_us = 0;
  std::string_view topic;
  std::string_view payload;
};

// Bytes that a record takes in the segment, filling included.
constexpr std::uint64_t record_bytes(std::uint64_t topic, std::uint64_t payload) {
  return (record_header_bytes + topic + payload + 7) & ~std::uint64_t{7};
}

void write_record(std::byte* to, position at, record_fields const& f) noexcept;
void write_closing(std::byte* to, position at) noexcept;  // 8 bytes

enum class found : std::uint8_t { record, closing, nothing, damage };

struct parsed {
  found what = found::nothing;
  std::uint64_t bytes = 0;  // of a record, filling included
  record_fields fields;     // views into the segment
};

// Looks at what stands at `from`, with `room` bytes up to the segment's end (0 = the segment is exactly full, which closes it).
// Reads only within `room`; any byte sequence is allowed.
parsed parse_record(std::byte const* from, std::uint64_t room, position at) noexcept;

}  // namespace ioc::journal
