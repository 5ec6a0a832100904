#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace ioc::core {

// Low to high, as in the contract; the order of the values is the order of urgency.
enum class severity : std::uint8_t { info, notice, warning, danger, emergency };
std::string_view to_text(severity s);
std::optional<severity> severity_from(std::string_view text);

// Comparison operators of rule files. Both sides are rounded to 9 decimals first, so 0.1 + 0.2 equals 0.3.
enum class comparison : std::uint8_t { ge, gt, le, lt, eq, ne };
std::string_view to_text(comparison c);
std::optional<comparison> comparison_from(std::string_view text);
bool holds(double left, comparison c, double right);
double rounded(double v);

}  // namespace ioc::core
