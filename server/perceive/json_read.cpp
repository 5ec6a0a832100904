#include "perceive/json_read.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace ioc::perceive {
namespace json = boost::json;

namespace {
// A number of 400 digits comes out of the parser as infinity. No message means that.
bool all_finite(json::value const& v) {
  switch (v.kind()) {
    case json::kind::double_: return std::isfinite(v.get_double());
    case json::kind::array:
      for (auto const& c : v.get_array())
        if (!all_finite(c)) return false;
      return true;
    case json::kind::object:
      for (auto const& [k, c] : v.get_object())
        if (!all_finite(c)) return false;
      return true;
    default: return true;
  }
}
}  // namespace

json_text::json_text(std::string_view bytes) : memory_(buffer_, sizeof buffer_), root(json::storage_ptr(&memory_)) {
  bytes = trimmed(bytes);
  if (bytes.empty()) {
    problem = "empty payload";
    return;
  }
  if (!valid_utf8(bytes)) {
    problem = "payload is not valid UTF-8";
    return;
  }
  json::parse_options options;
  options.max_depth = max_json_depth;
  boost::system::error_code ec;
  json::value parsed = json::parse(bytes, ec, json::storage_ptr(&memory_), options);
  if (ec) {
    problem = ec == json::error::too_deep ? "JSON is nested deeper than 64 levels" : "not JSON: " + ec.message();
    return;
  }
  if (!all_finite(parsed)) {
    problem = "JSON with a number beyond what a double holds";
    return;
  }
  root = std::move(parsed);  // same memory: a pointer is moved, nothing copied
}

std::string_view trimmed(std::string_view s) {
  if (s.starts_with("\xEF\xBB\xBF")) s.remove_prefix(3);
  while (!s.empty() && (s.back() == '\0' || s.back() == '\r' || s.back() == '\n' || s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '\r' || s.front() == '\n')) s.remove_prefix(1);
  return s;
}

bool valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    auto const c = static_cast<unsigned char>(s[i]);
    if (c < 0x80) {
      ++i;
      continue;
    }
    std::size_t n = 0;
    std::uint32_t code = 0;
    if (c >= 0xC2 && c <= 0xDF) { n = 1; code = c & 0x1Fu; }
    else if (c >= 0xE0 && c <= 0xEF) { n = 2; code = c & 0x0Fu; }
    else if (c >= 0xF0 && c <= 0xF4) { n = 3; code = c & 0x07u; }
    else return false;
    if (s.size() - i <= n) return false;
    for (std::size_t k = 1; k <= n; ++k) {
      auto const d = static_cast<unsigned char>(s[i + k]);
      if ((d & 0xC0u) != 0x80u) return false;
      code = (code << 6) | (d & 0x3Fu);
    }
    // Overlong forms, surrogates and what lies beyond Unicode are no text.
    if ((n == 2 && code < 0x800) || (n == 3 && (code < 0x10000 || code > 0x10FFFF)) || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += n + 1;
  }
  return true;
}

namespace {
char low(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
}  // namespace

bool equal_fold(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (low(a[i]) != low(b[i])) return false;
  return true;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = low(c);
  return out;
}

std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
  return std::string(text.substr(0, most));
}

std::optional<double> decimal(std::string_view s) {
  s = trimmed(s);
  if (s.starts_with("+-")) return std::nullopt;
  if (s.starts_with('+')) s.remove_prefix(1);
  auto const digits = s.starts_with('-') ? s.substr(1) : s;
  if (digits.empty() || !(digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'))) return std::nullopt;  // "nan", "inf", "--1"
  double v = 0;
  auto const [end, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (ec != std::errc{} || end != s.data() + s.size() || !std::isfinite(v)) return std::nullopt;
  return v;
}

std::optional<double> number(json::value const* v) {
  if (!v) return std::nullopt;
  switch (v->kind()) {
    case json::kind::int64: return static_cast<double>(v->get_int64());
    case json::kind::uint64: return static_cast<double>(v->get_uint64());
    case json::kind::double_: return std::isfinite(v->get_double()) ? std::optional(v->get_double()) : std::nullopt;
    case json::kind::string: return decimal(v->get_string());
    default: return std::nullopt;
  }
}

std::optional<bool> truth(std::string_view word) {
  static constexpr std::array yes{"true", "1", "on", "open", "opened", "leak", "trigger", "yes", "occupied", "alarm", "online", "connected", "active"};
  static constexpr std::array no{"false", "0", "off", "close", "closed", "normal", "idle", "no", "vacant", "offline", "disconnected", "inactive"};
  word = trimmed(word);
  for (std::string_view w : yes)
    if (equal_fold(word, w)) return true;
  for (std::string_view w : no)
    if (equal_fold(word, w)) return false;
  return std::nullopt;
}

std::optional<bool> truth(json::value const* v) {
  if (!v) return std::nullopt;
  if (v->is_bool()) return v->get_bool();
  if (v->is_string()) return truth(std::string_view(v->get_string()));
  if (auto const n = number(v); n && (*n == 0 || *n == 1)) return *n == 1;
  return std::nullopt;
}

std::optional<std::string_view> text(json::value const* v) {
  if (!v || !v->is_string()) return std::nullopt;
  return std::string_view(v->get_string());
}

json::value const* member(json::value const* v, std::string_view key) {
  if (!v || !v->is_object()) return nullptr;
  return v->get_object().if_contains(key);
}

json::value const* any_member(json::value const* v, std::initializer_list<std::string_view> names) {
  for (auto name : names)
    if (auto const* m = member(v, name)) return m;
  return nullptr;
}

json::value const* inner_text(json::value const* v) {
  auto const* t = member(v, "#text");
  return t ? t : v;
}

namespace {
constexpr std::int64_t year_2000 = 946684800, year_2100 = 4102444800;  // in seconds
}  // namespace

std::optional<core::time_point> epoch(double n) {
  double const seconds = n < 1e11 ? n : n / 1000;
  if (!(seconds >= year_2000 && seconds < year_2100)) return std::nullopt;
  // Rounded, not cut: 1682952865.21 is 1682952865.20999… as a double, and floors to the wrong millisecond.
  return core::from_us(std::llround(n < 1e11 ? n * 1e6 : n * 1e3));
}

std::optional<core::time_point> instant(json::value const* v, decoder_settings const* settings) {
  if (auto const n = number(v)) return epoch(*n);
  auto const s = text(v);
  if (!s) return std::nullopt;
  auto const t = core::from_iso(trimmed(*s), settings ? std::optional(settings->naive_offset) : std::nullopt);
  if (!t || *t < core::from_us(year_2000 * 1'000'000) || *t >= core::from_us(year_2100 * 1'000'000)) return std::nullopt;
  return t;
}

std::uint64_t hash_of(std::string_view s, std::uint64_t seed) {
  auto const mix = [](std::uint64_t x) {  // splitmix64's finisher
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  };
  std::uint64_t h = mix(seed ^ (0x9e3779b97f4a7c15ULL + s.size()));
  while (s.size() >= 8) {
    std::uint64_t w = 0;
    std::memcpy(&w, s.data(), 8);
    h = mix(h ^ w) + 0x9e3779b97f4a7c15ULL;
    s.remove_prefix(8);
  }
  std::uint64_t tail = 0;
  std::memcpy(&tail, s.data(), s.size());
  return mix(h ^ tail);
}

}  // namespace ioc::perceive
