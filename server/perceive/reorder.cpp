#include "perceive/reorder.hpp"

#include "perceive/weigh.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace ioc::perceive {

void reorder::put(core::observation o) {
  auto due = std::max(std::min(o.t, o.known_at) + o.wait, o.known_at);
  // One with a clock that runs ahead is due by its arrival: what its device said before that and comes only now goes out before it.
  for (auto const& [at, those] : held_) {
    if (at >= due) break;
    if (std::any_of(those.begin(), those.end(), [&](auto const& x) { return x.device == o.device && x.t > o.t && x.known_at < x.t; })) due = std::max(at, o.known_at);
  }
  held_[due].push_back(std::move(o));
  ++count_;
}

std::optional<core::time_point> reorder::next() const {
  if (held_.empty()) return std::nullopt;
  return count_ > most ? core::time_point::min() : held_.begin()->first;
}

std::vector<core::observation> reorder::take(core::time_point now, catalogue const& known) {
  std::vector<core::observation> out;
  while (!held_.empty() && (held_.begin()->first <= now || count_ > most)) {
    auto& those = held_.begin()->second;
    count_ -= those.size();
    std::move(those.begin(), those.end(), std::back_inserter(out));
    held_.erase(held_.begin());
  }
  std::stable_sort(out.begin(), out.end(), [](auto const& a, auto const& b) {
    return std::tuple(a.t, std::string_view(a.device.device), a.seq.value_or(0)) < std::tuple(b.t, std::string_view(b.device.device), b.seq.value_or(0));
  });
  for (auto& o : out) {
    auto& series = latest_[o.device.device];
    if (auto const* d = known.devices.by_id(o.device.unit, o.device.device))
      if (auto const* model = known.model_of(*d))
        model_events(
            *model,
            [&](std::string const& metric) -> latest_value const* {
              auto const at = series.find(metric);
              return at == series.end() ? nullptr : &at->second;
            },
            o);
    for (auto& r : o.readings) {
      if (r.overtaken) continue;  // historical: it is nobody's current value
      auto& newest = series[r.metric];
      bool const first = newest.known_at == core::time_point{};
      if (!first) weigh_quality(known.metrics.find(r.metric), newest, r);
      r.overtaken = !first && r.t < newest.t;
      r.late = r.late || r.overtaken;
      if (!r.overtaken) take_over(newest, r, o.known_at);
    }
  }
  return out;
}

void reorder::keep(registry const& devices) {
  auto const gone = [&](core::device_ref const& d) { return devices.by_id(d.unit, d.device) == nullptr; };
  for (auto at = held_.begin(); at != held_.end();) {
    count_ -= std::erase_if(at->second, [&](auto const& o) { return gone(o.device); });
    at = at->second.empty() ? held_.erase(at) : std::next(at);
  }
}

}  // namespace ioc::perceive
