#include "perceive/decoders/sparkplug_b/wire.hpp"

namespace ioc::perceive::sparkplug {

bool wire_reader::fail(char const* why) {
  problem_ = why;
  rest_ = {};
  return false;
}

bool wire_reader::varint(std::uint64_t& n) {
  n = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return fail("the protobuf ends within a number");
    auto const b = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && b > 1) return fail("a protobuf number is longer than 64 bits");
    n |= static_cast<std::uint64_t>(b & 0x7f) << shift;
    if (b < 0x80) return true;
  }
  return fail("a protobuf number is longer than 64 bits");
}

bool wire_reader::next(wire_field& f) {
  if (rest_.empty()) return false;
  std::uint64_t tag = 0;
  if (!varint(tag)) return false;
  auto const number = tag >> 3;
  if (number == 0 || number > 536'870'911) return fail("a protobuf field has an impossible number");
  f.number = static_cast<std::uint32_t>(number);
  f.n = 0;
  f.bytes = {};
  auto const fixed = [&](std::size_t size) {
    if (rest_.size() < size) return fail("the protobuf ends within a number");
    for (std::size_t i = 0; i < size; ++i) f.n |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(size);
    return true;
  };
  switch (tag & 7) {
    case 0: f.kind = wire_field::type::varint; return varint(f.n);
    case 1: f.kind = wire_field::type::fixed64; return fixed(8);
    case 5: f.kind = wire_field::type::fixed32; return fixed(4);
    case 2: {
      f.kind = wire_field::type::bytes;
      std::uint64_t length = 0;
      if (!varint(length)) return false;
      if (length > rest_.size()) return fail("a protobuf field claims more bytes than there are");
      f.bytes = rest_.substr(0, static_cast<std::size_t>(length));
      rest_.remove_prefix(static_cast<std::size_t>(length));
      return true;
    }
    default: return fail("a protobuf field has a type that Sparkplug does not use");
  }
}

void wire_writer::raw(std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) out_ += static_cast<char>((n & 0x7f) | 0x80);
  out_ += static_cast<char>(n);
}

void wire_writer::varint(std::uint32_t field, std::uint64_t n) {
  raw(static_cast<std::uint64_t>(field) << 3);
  raw(n);
}

void wire_writer::bytes(std::uint32_t field, std::string_view b) {
  raw(static_cast<std::uint64_t>(field) << 3 | 2);
  raw(b.size());
  out_ += b;
}

}  // namespace ioc::perceive::sparkplug
