#include "perceive/weigh.hpp"

#include <cmath>

namespace ioc::perceive {

void weigh_quality(metric_info const* info, latest_value const& before, core::reading& r) {
  if (!info || (!info->max_rate && !info->flatline)) return;
  auto const* v = std::get_if<double>(&r.v);
  auto const* was = std::get_if<double>(&before.v);
  if (!v || !was || r.q != core::quality::good || before.q == core::quality::bad || r.t <= before.t) return;
  if (info->max_rate && std::abs(*v - *was) > *info->max_rate * core::to_seconds(r.t - before.t)) r.q = core::quality::suspect;
  if (info->flatline && *v == *was && r.t - before.since >= *info->flatline) r.q = core::quality::suspect;
}

void model_events(device_model const& model, std::function<latest_value const*(std::string const& metric)> const& before, core::observation& o) {
  for (auto const& rule : model.events)
    for (auto const& r : o.readings) {
      auto const* now = std::get_if<bool>(&r.v);
      if (!now || split_channel(r.metric).first != rule.metric || r.q == core::quality::bad) continue;
      if (auto const* last = before(r.metric)) {
        auto const* was = std::get_if<bool>(&last->v);
        // Old news, or no change: a door that reports every hour that it is open was opened once.
        if (r.t < last->t || (was && *was == *now)) continue;
      }
      auto const& name = *now ? rule.when_true : rule.when_false;
      if (!name.empty()) o.events.push_back({name, r.t, ""});
    }
}

void take_over(latest_value& newest, core::reading const& r, core::time_point known_at) {
  bool const first = newest.known_at == core::time_point{};
  newest.since = !first && newest.v == r.v ? newest.since : r.t;
  newest.v = r.v;
  newest.q = r.q;
  newest.t = r.t;
  newest.known_at = known_at;
}

}  // namespace ioc::perceive
