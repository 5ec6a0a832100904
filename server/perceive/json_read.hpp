#pragma once
#include "core/time.hpp"
#include "perceive/decoder.hpp"

#include <boost/json.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// One JSON text of the outside world, parsed into memory of its own. Depth at most 64, valid UTF-8, nothing after the value;
// one BOM, trailing NULs and outer spaces are tolerated. Not ok: `problem` says why, `root` is null. Lives on one stack frame.
class json_text {
 public:
  explicit json_text(std::string_view bytes);
  json_text(json_text const&) = delete;
  json_text& operator=(json_text const&) = delete;

  bool ok() const { return problem.empty(); }
  std::string problem;

 private:
  unsigned char buffer_[8192];
  boost::json::monotonic_resource memory_;  // frees all at once; must outlive root

 public:
  boost::json::value root;
};

inline constexpr std::size_t max_json_depth = 64;
inline constexpr std::size_t max_text = 256;  // bytes of a text value, by the contract

// Without one BOM, trailing NULs, and outer spaces.
std::string_view trimmed(std::string_view bytes);

bool valid_utf8(std::string_view bytes);
bool equal_fold(std::string_view a, std::string_view b);  // ASCII only
std::string lower(std::string_view text);                 // ASCII only

// At most `most` bytes and never half a character.
std::string cut(std::string_view text, std::size_t most = max_text);

// Decimal grammar only: no hex, no inf, no nan, no comma. Nothing unless the whole text is one finite number.
std::optional<double> decimal(std::string_view text);

// A finite number, also as a quoted decimal ("27"). Nothing for null, booleans and other text.
std::optional<double> number(boost::json::value const* v);
// true/false, 1/0, on/off, open/close(d), leak/normal, trigger/idle, active/inactive … as words of any case; nothing for anything else.
std::optional<bool> truth(boost::json::value const* v);
std::optional<bool> truth(std::string_view word);
std::optional<std::string_view> text(boost::json::value const* v);

// Member of an object; null when `v` is no object or has no such key.
boost::json::value const* member(boost::json::value const* v, std::string_view key);

// The first member that is there, of any of these names.
boost::json::value const* any_member(boost::json::value const* v, std::initializer_list<std::string_view> names);
// The text of an XML element turned into JSON: itself, or "#text" beside its attributes.
boost::json::value const* inner_text(boost::json::value const* v);

// Epoch seconds (below 1e11, fractions allowed) or milliseconds. Times before the year 2000, and from 2100 on (32 bits full of
// ones are in 2106), are clocks that were never set.
std::optional<core::time_point> epoch(double number);
// An epoch as a number or quoted, or ISO 8601. Without an offset the settings' zone decides.
std::optional<core::time_point> instant(boost::json::value const* v, decoder_settings const* settings);

// 64 bits that differ for different texts; stable over runs and machines, as saved state holds them.
std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace ioc::perceive
