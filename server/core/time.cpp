#include "core/time.hpp"

#include <cmath>
#include <cstdio>

namespace ioc::core {

duration from_seconds(double s) { return duration{static_cast<std::int64_t>(std::llround(s * 1e6))}; }
double to_seconds(duration d) { return static_cast<double>(d.count()) / 1e6; }

std::string to_iso(time_point t) {
  using namespace std::chrono;
  auto const ms = floor<milliseconds>(t);
  auto const day = floor<days>(ms);
  year_month_day const date{day};
  hh_mm_ss const clock{ms - day};
  auto const year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) {
    char odd[48];
    std::snprintf(odd, sizeof odd, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", year, static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return odd;
  }
  // Written by hand: screens and rows are full of times.
  std::string text = "0000-00-00T00:00:00.000Z";
  auto const put = [&text](std::size_t at, std::size_t n, unsigned v) {
    for (; n > 0; --n, v /= 10) text[at + n - 1] = static_cast<char>('0' + v % 10);
  };
  put(0, 4, static_cast<unsigned>(year));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, static_cast<unsigned>(clock.hours().count()));
  put(14, 2, static_cast<unsigned>(clock.minutes().count()));
  put(17, 2, static_cast<unsigned>(clock.seconds().count()));
  put(20, 3, static_cast<unsigned>(clock.subseconds().count()));
  return text;
}

namespace {

// Reads exactly `n` digits and moves on; -1 when there are not that many.
int digits(std::string_view& s, std::size_t n) {
  if (s.size() < n) return -1;
  int v = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (s[i] < '0' || s[i] > '9') return -1;
    v = v * 10 + (s[i] - '0');
  }
  s.remove_prefix(n);
  return v;
}

bool take(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<time_point> from_iso(std::string_view s, std::optional<std::chrono::minutes> naive_offset) {
  using namespace std::chrono;
  int const y = digits(s, 4);
  if (y < 0 || !take(s, '-')) return std::nullopt;
  int const mo = digits(s, 2);
  if (mo < 1 || !take(s, '-')) return std::nullopt;
  int const d = digits(s, 2);
  if (d < 1 || (!take(s, 'T') && !take(s, 't') && !take(s, ' '))) return std::nullopt;
  int const h = digits(s, 2);
  if (h < 0 || h > 23 || !take(s, ':')) return std::nullopt;
  int const mi = digits(s, 2);
  if (mi < 0 || mi > 59) return std::nullopt;
  int sec = 0;
  std::int64_t us = 0;
  if (take(s, ':')) {
    sec = digits(s, 2);
    if (sec < 0 || sec > 60) return std::nullopt;  // 60: a leap second, counted into the next minute
    if (take(s, '.') || take(s, ',')) {
      int n = 0;
      for (; !s.empty() && s.front() >= '0' && s.front() <= '9'; s.remove_prefix(1), ++n)
        if (n < 6) us = us * 10 + (s.front() - '0');
      if (n == 0 || n > 9) return std::nullopt;
      for (; n < 6; ++n) us *= 10;
    }
  }
  year_month_day const date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;

  minutes offset{0};
  if (take(s, 'Z') || take(s, 'z')) {
  } else if (!s.empty() && (s.front() == '+' || s.front() == '-')) {
    bool const west = s.front() == '-';
    s.remove_prefix(1);
    int const oh = digits(s, 2);
    if (oh < 0 || oh > 14) return std::nullopt;
    int om = 0;
    if (take(s, ':') || !s.empty()) om = digits(s, 2);
    if (om < 0 || om > 59) return std::nullopt;
    offset = minutes{oh * 60 + om} * (west ? -1 : 1);
  } else if (naive_offset) {
    offset = *naive_offset;
  } else {
    return std::nullopt;
  }
  if (!s.empty()) return std::nullopt;
  return time_point{sys_days{date}} + hours{h} + minutes{mi} + seconds{sec} + microseconds{us} - offset;
}

}  // namespace ioc::core
