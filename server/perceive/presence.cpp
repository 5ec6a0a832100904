#include "perceive/presence.hpp"

namespace ioc::perceive {

using namespace std::chrono_literals;

patience patience_for(core::duration expected, std::string_view link) {
  if (link == "ethernet" || link == "modbus" || link == "poe" || link == "rs485") return {expected * 2 + 10s, expected + 10s};
  if (link == "lorawan") return {expected * 4 + 60s, expected * 2 + 60s};
  if (link == "cellular") return {expected * 3 + 60s, expected + 120s};
  return {expected * 3 + 15s, expected + 60s};  // wifi, zigbee, and what nobody has said
}

std::optional<patience> patience_of(catalogue const& known, core::device const& d) {
  auto const expected = known.expected_interval(d);
  if (!expected) return std::nullopt;
  auto const* model = known.model_of(d);
  return patience_for(*expected, model ? model->link : "");
}

std::string_view to_text(presence p) {
  constexpr std::string_view names[] = {"online", "offline", "unknown"};
  return names[static_cast<std::size_t>(p)];
}

presence_state own_presence(catalogue const& known, core::device const& d, device_view const* view, hearing const& ears, core::time_point now) {
  if (!view || (!view->last_seen && !view->online)) return {presence::unknown, "never_heard", {}};
  if (view->online && !*view->online) return {presence::offline, "told", {}};
  if (!view->last_seen) return {presence::unknown, "never_heard", {}};  // a retained copy says online: it proves nothing
  auto const limits = patience_of(known, d);
  if (!limits || now - *view->last_seen <= limits->silent_after) return {presence::online, "heard", {}};
  // Silence counts only where we could have heard it.
  if (ears.deaf_since || now - ears.since <= limits->rejoin) return {presence::unknown, "deaf", {}};
  return {presence::offline, "silent", {}};
}

}  // namespace ioc::perceive
