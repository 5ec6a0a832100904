#include "core/command.hpp"

#include <algorithm>
#include <array>

namespace ioc::core {

std::string_view to_text(target_state s) {
  constexpr std::array<std::string_view, 10> names{"proposed", "approved", "sent", "accepted", "running",
                                                   "succeeded", "failed", "rejected", "expired", "cancelled"};
  return names[static_cast<std::size_t>(s)];
}

std::string_view to_text(action_source s) {
  constexpr std::array<std::string_view, 4> names{"approved", "auto", "scheduled", "manual"};
  return names[static_cast<std::size_t>(s)];
}

std::string action::state() const {
  auto least = target_state::cancelled;
  bool running = false;
  std::size_t good = 0;
  for (auto const& t : targets) {
    if (!is_final(t.state)) {
      running = true;
      least = std::min(least, t.state);
    }
    good += t.state == target_state::succeeded;
  }
  if (running) return std::string{to_text(least)};
  if (good == targets.size()) return "succeeded";
  if (good > 0) return "partial";
  return std::string{targets.empty() ? "cancelled" : to_text(targets.front().state)};
}

}  // namespace ioc::core
