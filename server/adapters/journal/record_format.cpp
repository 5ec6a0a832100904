#include "adapters/journal/record_format.hpp"

#include <zlib.h>

#include <bit>
#include <cstring>

namespace ioc::journal {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal's files are little endian");

struct header {
  std::uint32_t crc;
  std::uint32_t length;
  std::uint8_t kind;
  std::uint8_t flags;
  std::uint16_t topic_length;
  std::uint32_t zero;
  std::int64_t arrival_us;
};
static_assert(sizeof(header) == record_header_bytes);

constexpr std::uint32_t closing_length = 0xffffffff;

std::uint32_t checksum(position at, std::byte const* after_crc, std::uint64_t n) {
  auto const seed = crc32(0, reinterpret_cast<Bytef const*>(&at), sizeof at);
  return static_cast<std::uint32_t>(crc32(seed, reinterpret_cast<Bytef const*>(after_crc), static_cast<uInt>(n)));
}

}  // namespace

void write_record(std::byte* to, position at, record_fields const& f) noexcept {
  auto const length = record_header_bytes + f.topic.size() + f.payload.size();
  auto const bytes = record_bytes(f.topic.size(), f.payload.size());
  header h{};
  h.length = static_cast<std::uint32_t>(length);
  h.kind = static_cast<std::uint8_t>(f.kind);
  h.flags = static_cast<std::uint8_t>((f.qos & 3u) | (f.dup ? 4u : 0u) | (f.retain ? 8u : 0u));
  h.topic_length = static_cast<std::uint16_t>(f.topic.size());
  h.arrival_us = f.arrival_us;
  std::memcpy(to, &h, sizeof h);
  if (!f.topic.empty()) std::memcpy(to + sizeof h, f.topic.data(), f.topic.size());
  if (!f.payload.empty()) std::memcpy(to + sizeof h + f.topic.size(), f.payload.data(), f.payload.size());
  std::memset(to + length, 0, bytes - length);
  auto const crc = checksum(at, to + sizeof h.crc, bytes - sizeof h.crc);
  std::memcpy(to, &crc, sizeof crc);
}

void write_closing(std::byte* to, position at) noexcept {
  std::memcpy(to + 4, &closing_length, 4);
  auto const crc = checksum(at, to + 4, 4);
  std::memcpy(to, &crc, 4);
}

parsed parse_record(std::byte const* from, std::uint64_t room, position at) noexcept {
  parsed p;
  if (room == 0) {
    p.what = found::closing;
    return p;
  }
  p.what = found::damage;
  if (room < 8) return p;
  header h{};
  std::memcpy(&h, from, 8);
  if (h.crc == 0 && h.length == 0) {
    p.what = found::nothing;
    return p;
  }
  if (h.length == closing_length) {
    if (h.crc == checksum(at, from + 4, 4)) p.what = found::closing;
    return p;
  }
  if (h.length < record_header_bytes || h.length > room) return p;
  auto const bytes = record_bytes(0, h.length - record_header_bytes);
  if (bytes > room || h.crc != checksum(at, from + 4, bytes - 4)) return p;
  std::memcpy(&h, from, sizeof h);
  bool const known = h.kind >= 1 && h.kind <= 4 && h.flags < 16 && h.zero == 0;
  if (!known || record_header_bytes + h.topic_length > h.length) return p;
  auto const* text = reinterpret_cast<char const*>(from) + sizeof h;
  p.what = found::record;
  p.bytes = bytes;
  p.fields.kind = static_cast<record_kind>(h.kind);
  p.fields.qos = h.flags & 3;
  p.fields.dup = (h.flags & 4) != 0;
  p.fields.retain = (h.flags & 8) != 0;
  p.fields.arrival_us = h.arrival_us;
  p.fields.topic = std::string_view(text, h.topic_length);
  p.fields.payload = std::string_view(text + h.topic_length, h.length - record_header_bytes - h.topic_length);
  return p;
}

}  // namespace ioc::journal
