#include "core/ids.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>

namespace ioc::core {

namespace {
// Drawn once at random; changing it would give every alert a new identity.
constexpr boost::uuids::uuid space = {{0x6b, 0x0c, 0x39, 0x5e, 0x1d, 0x57, 0x4f, 0x0a, 0x9a, 0x7e, 0x3c, 0x52, 0x11, 0xd4, 0x80, 0x2f}};
}  // namespace

std::string uuid::text() const {
  boost::uuids::uuid u;
  std::copy(bytes.begin(), bytes.end(), u.begin());
  return boost::uuids::to_string(u);
}

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
    bool const hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f') || (text[i] >= 'A' && text[i] <= 'F');
    if (dash ? text[i] != '-' : !hex) return std::nullopt;
  }
  auto const u = boost::uuids::string_generator{}(text.begin(), text.end());
  uuid out;
  std::copy(u.begin(), u.end(), out.bytes.begin());
  return out;
}

uuid name_uuid(std::string_view name) {
  auto const u = boost::uuids::name_generator_sha1{space}(name.data(), name.size());
  uuid out;
  std::copy(u.begin(), u.end(), out.bytes.begin());
  return out;
}

bool valid_device_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  if (name == "." || name == "..") return false;  // a path of a URL loses them on its way: such a device could not be reached
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace ioc::core
