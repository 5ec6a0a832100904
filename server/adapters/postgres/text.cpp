#include "adapters/postgres/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace ioc::postgres {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Length of the well-formed UTF-8 sequence at `i` (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF), 0 = none.
std::size_t sequence(std::string_view s, std::size_t i) {
  auto const at = [&](std::size_t k) { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
  auto const tail = [&](std::size_t k) { return (at(k) & 0xC0u) == 0x80u; };
  unsigned const a = at(i);
  if (a < 0x80) return 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(i + 1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    if (!tail(i + 1) || !tail(i + 2)) return 0;
    if (a == 0xE0 && at(i + 1) < 0xA0) return 0;
    if (a == 0xED && at(i + 1) > 0x9F) return 0;
    return 3;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    if (!tail(i + 1) || !tail(i + 2) || !tail(i + 3)) return 0;
    if (a == 0xF0 && at(i + 1) < 0x90) return 0;
    if (a == 0xF4 && at(i + 1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// The number behind "\u" at `i`, -1 when it is none.
int escape_at(std::string_view s, std::size_t i) {
  if (i + 6 > s.size() || s[i] != '\\' || s[i + 1] != 'u') return -1;
  int v = 0;
  for (std::size_t k = i + 2; k < i + 6; ++k) {
    char const c = s[k];
    int const d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (d < 0) return -1;
    v = v * 16 + d;
  }
  return v;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    std::size_t const n = text[i] == '\0' ? 0 : sequence(text, i);
    if (n == 0) {
      out += replacement;
      ++i;
    } else {
      out.append(text, i, n);
      i += n;
    }
  }
  return out;
}

std::string clean_json(std::string_view json) {
  std::string out = clean_text(json);
  if (out.find("\\u") == std::string::npos) return out;
  std::string kept;
  kept.reserve(out.size());
  for (std::size_t i = 0; i < out.size();) {
    if (out[i] != '\\') {
      kept += out[i++];
      continue;
    }
    int const u = escape_at(out, i);
    if (u < 0) {  // another escape, "\\" among them: two characters go together
      kept.append(out, i, 2);
      i += 2;
      continue;
    }
    bool const high = u >= 0xD800 && u <= 0xDBFF;
    bool const low = u >= 0xDC00 && u <= 0xDFFF;
    int const next = high ? escape_at(out, i + 6) : -1;
    if (high && next >= 0xDC00 && next <= 0xDFFF) {
      kept.append(out, i, 12);
      i += 12;
      continue;
    }
    if (u == 0 || high || low) kept += "\\ufffd"; else kept.append(out, i, 6);
    i += 6;
  }
  return kept;
}

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char const c : bytes) {
    out += digits[(static_cast<unsigned char>(c)) >> 4];
    out += digits[static_cast<unsigned char>(c) & 0xF];
  }
  return out;
}

std::string from_hex(std::string_view digits) {
  auto const value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  out.reserve(digits.size() / 2);
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) out += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  return out;
}

std::string timestamp(core::time_point t) {
  using namespace std::chrono;
  constexpr core::time_point first = sys_days{year{1} / 1 / 1}, last = core::time_point{sys_days{year{10000} / 1 / 1}} - core::duration{1};
  t = std::clamp(t, first, last);
  auto const day = floor<days>(t);
  year_month_day const date{day};
  auto const us = (t - day).count();
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d.%06d+00", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(us / 3'600'000'000),
                static_cast<int>(us / 60'000'000 % 60), static_cast<int>(us / 1'000'000 % 60), static_cast<int>(us % 1'000'000));
  return text;
}

void array_text::add(std::string_view element) {
  if (text_.size() > 1) text_ += ',';
  text_ += '"';
  for (char const c : element) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

void array_text::add_null() {
  if (text_.size() > 1) text_ += ',';
  text_ += "NULL";
}

std::string array_text::take() { return std::move(text_ += '}'); }

std::string array_of(std::vector<std::string> const& elements) {
  array_text a;
  for (auto const& e : elements) a.add(clean_text(e));
  return a.take();
}

}  // namespace ioc::postgres
