#include "alert/rule.hpp"

#include <algorithm>
#include <array>

namespace ioc::alert {

namespace {
constexpr std::array<std::string_view, 13> names{"threshold", "sum", "rate", "deviation", "flatline", "stale", "event",
                                                 "report_count", "count_active", "zone_count", "correlate", "coverage", "command_verify"};
}

bool selector::fits(core::device const& d) const {
  return (type.empty() || d.type == type) && (zone.empty() || d.zone == zone) && (tag.empty() || std::find(d.tags.begin(), d.tags.end(), tag) != d.tags.end());
}

std::string_view to_text(rule_type t) { return names[static_cast<std::size_t>(t)]; }

std::optional<rule_type> rule_type_from(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<rule_type>(i);
  return std::nullopt;
}

}  // namespace ioc::alert
