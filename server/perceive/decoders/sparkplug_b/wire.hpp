#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace ioc::perceive::sparkplug {

// One field of a protobuf message as it stands on the wire. `n` holds a varint or a fixed number, `bytes` a length-delimited one; the view
// lives as long as the message's bytes.
struct wire_field {
  enum class type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
  std::uint32_t number = 0;
  type kind = type::varint;
  std::uint64_t n = 0;
  std::string_view bytes;

  bool is(std::uint32_t field, type t) const { return number == field && kind == t; }
};

// Walks the fields of one message without copying and without recursion: what it costs is bounded by the bytes that are there, whatever
// lengths they claim. Stops for good at the first fault; problem() says which. Lives on one stack frame.
class wire_reader {
 public:
  explicit wire_reader(std::string_view bytes) : rest_(bytes) {}

  // False at the end, and at a fault.
  bool next(wire_field& f);
  bool ok() const { return !problem_; }
  char const* problem() const { return problem_ ? problem_ : ""; }

 private:
  bool fail(char const* why);
  bool varint(std::uint64_t& n);

  std::string_view rest_;
  char const* problem_ = nullptr;
};

// Appends fields to a message that is being built; for the few messages that a host writes itself.
class wire_writer {
 public:
  void varint(std::uint32_t field, std::uint64_t n);
  void bytes(std::uint32_t field, std::string_view b);
  std::string const& text() const { return out_; }

 private:
  void raw(std::uint64_t n);
  std::string out_;
};

}  // namespace ioc::perceive::sparkplug
