#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ioc::core {

// RFC 9562 UUID. The server's own ids are version 5, made from what a thing *is* (rule, subject, event time …),
// so that a replay of the journal makes the same ids and what is already stored is recognised.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(uuid const&) const = default;
  bool is_nil() const { return *this == uuid{}; }
  std::string text() const;  // 36 characters, lower case
  static std::optional<uuid> parse(std::string_view text);
};

// Version 5 in the project's own name space. `name` parts must be joined by a character that they cannot hold.
uuid name_uuid(std::string_view name);

// A device's full name: the commune's code ("03478") and the name that is unique in it.
struct device_ref {
  std::string unit;
  std::string device;
  auto operator<=>(device_ref const&) const = default;
  template <class A>
  void io(A& a) { a(unit, device); }
  std::string text() const { return unit + "/" + device; }
};

// [A-Za-z0-9_.-]{1,64}, the contract's device name.
bool valid_device_name(std::string_view name);

}  // namespace ioc::core

template <>
struct std::hash<ioc::core::uuid> {
  std::size_t operator()(ioc::core::uuid const& id) const noexcept {
    std::size_t h = 0;
    for (int i = 0; i < 8; ++i) h = (h << 8) | id.bytes[static_cast<std::size_t>(i)];
    return h;
  }
};
template <>
struct std::hash<ioc::core::device_ref> {
  std::size_t operator()(ioc::core::device_ref const& d) const noexcept {
    return std::hash<std::string>{}(d.unit) * 31 + std::hash<std::string>{}(d.device);
  }
};
