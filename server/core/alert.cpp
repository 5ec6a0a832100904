#include "core/alert.hpp"

#include <array>

namespace ioc::core {

std::string_view to_text(alert_state s) {
  constexpr std::array<std::string_view, 4> names{"active_unacked", "active_acked", "cleared_unacked", "closed"};
  return names[static_cast<std::size_t>(s)];
}

std::string_view to_text(subject_kind k) {
  constexpr std::array<std::string_view, 4> names{"device", "zone", "unit", "broadcast"};
  return names[static_cast<std::size_t>(k)];
}

std::string_view to_text(alert_event e) {
  constexpr std::array<std::string_view, 8> names{"raised", "verified", "acked", "escalated", "cleared", "closed", "commented", "suppressed"};
  return names[static_cast<std::size_t>(e)];
}

}  // namespace ioc::core
