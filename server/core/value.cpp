#include "core/value.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace ioc::core {

std::optional<double> number_of(value const& v) {
  if (auto const* d = std::get_if<double>(&v)) return *d;
  if (auto const* b = std::get_if<bool>(&v)) return *b ? 1.0 : 0.0;
  return std::nullopt;
}

std::string json_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  bool plain = true;
  for (char const c : text) plain = plain && c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
  if (plain) {
    out += text;
    return out + '"';
  }
  for (char const c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr char hex[] = "0123456789abcdef";
          out += "\\u00";
          out += hex[(c >> 4) & 0xf];
          out += hex[c & 0xf];
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string to_json(value const& v) {
  struct visitor {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(double d) const {
      if (!std::isfinite(d)) return "null";
      std::array<char, 40> buffer;
      auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), d);
      return {buffer.data(), end.ptr};
    }
    std::string operator()(std::string const& s) const { return json_quote(s); }
  };
  return std::visit(visitor{}, v);
}

std::string to_json(arguments const& a) {
  std::string out = "{";
  for (auto const& [name, v] : a) {
    if (out.size() > 1) out += ',';
    out += json_quote(name) + ":" + to_json(v);
  }
  return out + "}";
}

std::string_view to_text(quality q) {
  constexpr std::array<std::string_view, 3> names{"good", "suspect", "bad"};
  return names[static_cast<std::size_t>(q)];
}

std::optional<quality> quality_from(std::string_view text) {
  if (text == "good") return quality::good;
  if (text == "suspect") return quality::suspect;
  if (text == "bad") return quality::bad;
  return std::nullopt;
}

}  // namespace ioc::core
