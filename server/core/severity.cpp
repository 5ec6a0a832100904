#include "core/severity.hpp"

#include <array>
#include <cmath>
#include <string_view>

namespace ioc::core {

namespace {
constexpr std::array<std::string_view, 5> severities{"info", "notice", "warning", "danger", "emergency"};
constexpr std::array<std::string_view, 6> comparisons{"ge", "gt", "le", "lt", "eq", "ne"};

template <class T, std::size_t N>
std::optional<T> find(std::array<std::string_view, N> const& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<T>(i);
  return std::nullopt;
}
}  // namespace

std::string_view to_text(severity s) { return severities[static_cast<std::size_t>(s)]; }
std::optional<severity> severity_from(std::string_view text) { return find<severity>(severities, text); }
std::string_view to_text(comparison c) { return comparisons[static_cast<std::size_t>(c)]; }
std::optional<comparison> comparison_from(std::string_view text) { return find<comparison>(comparisons, text); }

double rounded(double v) {
  double const scaled = v * 1e9;
  return std::abs(scaled) < 9e15 ? std::round(scaled) / 1e9 : v;  // beyond, a double has no ninth decimal
}

bool holds(double left, comparison c, double right) {
  double const a = rounded(left), b = rounded(right);
  switch (c) {
    case comparison::ge: return a >= b;
    case comparison::gt: return a > b;
    case comparison::le: return a <= b;
    case comparison::lt: return a < b;
    case comparison::eq: return a == b;
    case comparison::ne: return a != b;
  }
  return false;
}

}  // namespace ioc::core
