#include "alert/history.hpp"

#include <algorithm>

namespace ioc::alert {

history::lane history::make(std::string const& device) const {
  setup s;
  s.unit = setup_->unit + "|history";  // another identity than the live alert of the same instant
  s.units_of_measure = setup_->units_of_measure;
  for (auto const& d : setup_->devices.shared())
    if (d->id == device) s.devices.push_back(d);
  for (auto const& r : setup_->rules) {
    bool const reads = r.type == rule_type::threshold || r.type == rule_type::sum || r.type == rule_type::rate || r.type == rule_type::flatline;
    if (!reads || std::find(r.devices.begin(), r.devices.end(), device) == r.devices.end()) continue;
    auto& own = s.rules.emplace_back(r);
    own.devices = {device};
    own.quality_gate.clear();
  }
  return {std::make_unique<engine>(std::move(s), core::time_point{}), {}, {}};
}

void history::sample(std::string const& device, std::string const& metric, core::time_point t, double v, core::quality q, core::time_point known,
                     engine& live, changes& out) {
  auto it = lanes_.find(device);
  if (it == lanes_.end()) {
    if (lanes_.size() >= max_lanes) return;
    auto fresh = make(device);
    if (fresh.judge->config().rules.empty()) return;
    it = lanes_.emplace(device, std::move(fresh)).first;
  }
  auto& l = it->second;
  changes found;
  l.judge->sample(device, metric, t, v, q, known, found, true);
  l.judge->judge(t, known, false, found);
  l.last_known = known;
  l.last_t = std::max(l.last_t, t);
  pass_on(found, live, out);
}

void history::settle(std::string const& device, core::time_point known, engine& live, changes& out) {
  auto const it = lanes_.find(device);
  if (it == lanes_.end() || known - it->second.last_known < quiet_for) return;
  for (auto const& [id, a] : it->second.judge->open())
    if (a.active()) live.end_history(id, it->second.last_t, out);
  lanes_.erase(it);
}

void history::pass_on(changes const& found, engine& live, changes& out) {
  for (auto const& c : found.alerts) {
    if (c.what == core::alert_event::raised) live.adopt(c.alert, out);
    else if (c.what == core::alert_event::cleared) live.end_history(c.alert.id, c.at, out);
  }
}

history::saved history::save() const {
  saved out;
  for (auto const& [device, l] : lanes_) out.emplace(device, saved_lane{l.judge->state(), l.last_known, l.last_t});
  return out;
}

void history::restore(saved s) {
  lanes_.clear();
  for (auto& [device, l] : s) {
    auto fresh = make(device);
    fresh.judge->restore(std::move(l.state));
    fresh.last_known = l.last_known;
    fresh.last_t = l.last_t;
    lanes_.emplace(device, std::move(fresh));
  }
}

}  // namespace ioc::alert
