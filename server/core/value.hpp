#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ioc::core {

// What a device says of one channel. monostate = missing (null). Text is at most 256 bytes; numbers are finite.
using value = std::variant<std::monostate, bool, double, std::string>;

// A number that rules can judge: a number itself, true = 1, false = 0; nothing for text and missing.
std::optional<double> number_of(value const& v);

// As JSON text (RFC 8259): null, true, 3.62, "open". Numbers in the shortest form that reads back the same.
std::string to_json(value const& v);
std::string json_quote(std::string_view text);

// Arguments of a command, by name.
using arguments = std::map<std::string, value>;
std::string to_json(arguments const& a);

// good: usable. suspect: shown, marked, used only where a rule says so. bad: kept, never judged.
enum class quality : std::uint8_t { good, suspect, bad };
std::string_view to_text(quality q);
std::optional<quality> quality_from(std::string_view text);

// A text that people read, in both languages.
struct localized {
  std::string vi;
  std::string en;
  bool operator==(localized const&) const = default;
  template <class A>
  void io(A& a) { a(vi, en); }
};

}  // namespace ioc::core
