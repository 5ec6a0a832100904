#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ioc::core {

// All time inside the server is UTC in microseconds since 1970: event time (the device's) and known-at (arrival) alike.
// Nothing in core or in the four stages reads a clock; time is always an argument.
using duration = std::chrono::microseconds;
using time_point = std::chrono::sys_time<duration>;

constexpr std::int64_t to_us(time_point t) { return t.time_since_epoch().count(); }
constexpr time_point from_us(std::int64_t us) { return time_point{duration{us}}; }
constexpr std::int64_t to_ms(time_point t) { return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count(); }
constexpr time_point from_ms(std::int64_t ms) { return time_point{std::chrono::milliseconds{ms}}; }

// Seconds as a decimal number, the unit of rule files; rounded to the microsecond.
duration from_seconds(double s);
double to_seconds(duration d);

// "2027-07-24T16:50:00.000Z": milliseconds, floored. Valid for years 0000-9999.
std::string to_iso(time_point t);

// ISO 8601 date and time with 'T' or a space, 0-9 fractional digits, and `Z`, `+hh:mm`, `+hhmm` or `+hh`.
// Without an offset: `naive_offset` decides (a device's own zone); absent = refused. Nothing on any malformed text.
std::optional<time_point> from_iso(std::string_view text, std::optional<std::chrono::minutes> naive_offset = std::nullopt);

}  // namespace ioc::core
