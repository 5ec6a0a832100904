#pragma once
#include "core/time.hpp"
#include "core/unit.hpp"
#include "perceive/catalogue.hpp"
#include "perceive/device_view.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ioc::perceive {

// How long a device's silence means nothing, by what carries its messages: cable loses none, LoRaWAN loses some each day.
// `silent_after`: longer than this since its last message = gone. `rejoin`: so long it may need to be heard again after we (or the
// broker) were away: it must reconnect first, and its next turn must come.
struct patience {
  core::duration silent_after{};
  core::duration rejoin{};
};
patience patience_for(core::duration expected_interval, std::string_view link);
// Nothing for a device whose pace nobody knows.
std::optional<patience> patience_of(catalogue const& known, core::device const& d);

enum class presence : std::uint8_t { online, offline, unknown };
std::string_view to_text(presence p);

// Since when we have been able to hear: `deaf_since` is set while the broker's connection is away.
struct hearing {
  std::optional<core::time_point> deaf_since;
  core::time_point since;
  template <class A>
  void io(A& a) { a(deaf_since, since); }
};

// Whether a device is there, and why we think so: `why` is never_heard, told (a will, a status message, a bridge's word), silent,
// gateway (its parent, named in `by`, is gone: it may be well), deaf (we cannot hear, or cannot again yet), heard.
struct presence_state {
  presence is = presence::unknown;
  std::string_view why;
  std::string by;
};
// Pure. `view` null = never heard. A device is looked at with its parents, at most 8 of them.
template <class FindView>
presence_state presence_of(catalogue const& known, core::device const& d, FindView const& view_of, hearing const& ears, core::time_point now, int depth = 0);

presence_state own_presence(catalogue const& known, core::device const& d, device_view const* view, hearing const& ears, core::time_point now);

template <class FindView>
presence_state presence_of(catalogue const& known, core::device const& d, FindView const& view_of, hearing const& ears, core::time_point now, int depth) {
  auto own = own_presence(known, d, view_of(core::device_ref{d.unit, d.id}), ears, now);
  // Only what its silence says is explained by the gateway; its own word stands.
  if (own.why != "silent" || d.parent.empty() || depth >= 8) return own;
  auto const* parent = known.devices.by_id(d.unit, d.parent);
  if (!parent) return own;
  auto const above = presence_of(known, *parent, view_of, ears, now, depth + 1);
  if (above.is == presence::online || above.why == "never_heard") return own;
  return {presence::unknown, above.why == "deaf" ? "deaf" : "gateway", above.why == "gateway" ? above.by : parent->id};
}

}  // namespace ioc::perceive
