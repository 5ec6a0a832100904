#include "app/ctl/stage_props.hpp"

#include <algorithm>

namespace ioc::ctl {

namespace {

using namespace std::chrono_literals;

core::reading reading_of(std::string const& metric, double v, core::time_point t) {
  core::reading r;
  r.metric = metric;
  r.v = v;
  r.t = t;
  return r;
}

}  // namespace

core::observation stage_props::blank(std::string const& device, core::time_point t) const {
  core::observation o;
  o.device = {story_.config.unit.code, device};
  o.t = o.known_at = t;
  return o;
}

stage_props::stage_props(config::scenario const& story) : story_(story) {
  for (std::size_t i = 0; i < story.timeline.size(); ++i) {
    auto const sample = [&](core::duration at, std::string const& device, std::string const& metric, double v) {
      auto o = blank(device, story.t0 + at);
      o.readings.push_back(reading_of(metric, v, o.t));
      samples_.emplace(o.t, std::pair{i, std::move(o)});
    };
    auto const& e = story.timeline[i];
    if (auto const* s = std::get_if<config::entry::series>(&e)) {
      for (std::size_t k = 0; k < s->values.size(); ++k) sample(s->start + s->step * static_cast<std::int64_t>(k), s->device, s->metric, s->values[k]);
    } else if (auto const* one = std::get_if<config::entry::telemetry>(&e)) {
      sample(one->t, one->device, one->metric, one->value);
    } else if (auto const* h = std::get_if<config::entry::heartbeat>(&e)) {
      for (auto at = h->from; at <= h->to; at += h->step) samples_.emplace(story.t0 + at, std::pair{i, blank(h->device, story.t0 + at)});
    } else if (auto const* v = std::get_if<config::entry::event>(&e)) {
      auto o = blank(v->device, story.t0 + v->t);
      o.events.push_back({v->name, o.t, {}});
      samples_.emplace(o.t, std::pair{i, std::move(o)});
    } else if (auto const* report = std::get_if<config::entry::citizen_report>(&e)) {
      entries_.emplace(story.t0 + report->t, i);
    } else if (auto const* link = std::get_if<config::entry::link>(&e)) {
      entries_.emplace(story.t0 + link->t, i);
    } else if (auto const* plan = std::get_if<config::entry::schedule>(&e)) {
      entries_.emplace(story.t0 + plan->t, i);
    } else if (auto const* op = std::get_if<config::entry::operator_input>(&e)) {
      entries_.emplace(story.t0 + op->t, i);
    }
    // Bulletins are shown to people only; device_reply is looked up when something is sent.
  }
}

std::optional<core::time_point> stage_props::next() const {
  std::optional<core::time_point> first;
  auto const take = [&](core::time_point t) { first = first ? std::min(*first, t) : t; };
  if (!samples_.empty()) take(samples_.begin()->first);
  if (!entries_.empty()) take(entries_.begin()->first);
  if (!set_up_.empty()) take(set_up_.begin()->first.at);
  return first;
}

void stage_props::note(core::observation const& o) {
  for (auto const& r : o.readings)
    if (auto const v = core::number_of(r.v)) latest_[{o.device.device, r.metric}] = *v;
}

stage_props::arrivals stage_props::take(core::time_point t) {
  arrivals out;
  std::vector<std::pair<std::size_t, core::observation>> now;
  for (auto it = samples_.begin(); it != samples_.end() && it->first <= t; it = samples_.erase(it)) now.push_back(std::move(it->second));
  std::stable_sort(now.begin(), now.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
  for (auto& [place, o] : now) {
    note(o);
    out.from_timeline.push_back(std::move(o));
  }
  std::vector<std::size_t> places;
  for (auto it = entries_.begin(); it != entries_.end() && it->first <= t; it = entries_.erase(it)) places.push_back(it->second);
  std::sort(places.begin(), places.end());
  for (auto const i : places) out.entries.push_back(&story_.timeline[i]);
  while (!set_up_.empty() && set_up_.begin()->first.at <= t) {
    auto p = std::move(set_up_.begin()->second);
    set_up_.erase(set_up_.begin());
    // A newer movement of the same metric has taken over.
    if (p.ramp && ramps_[{p.said.device.device, p.said.readings.front().metric}] != p.ramp) continue;
    note(p.said);
    if (p.effect) move(p.said.device.device, *p.effect, t);
    out.set_up.push_back(std::move(p.said));
  }
  return out;
}

void stage_props::answer(core::command_send const& s, core::time_point t) {
  for (auto const& e : story_.timeline) {
    auto const* r = std::get_if<config::entry::device_reply>(&e);
    if (!r || r->command != s.command || r->target != s.target) continue;
    if (r->result == config::entry::reply_result::none || r->after > story_.config.policy.command_timeout) return;
    bool const ok = r->result == config::entry::reply_result::ok;
    pending p;
    p.said = blank(s.target, t + r->after);
    p.said.replies.push_back({s.id.text(), ok ? core::ack_state::succeeded : core::ack_state::failed, r->reason, p.said.t});
    if (ok && r->effect) p.effect = &*r->effect;
    put(p.said.t, std::move(p));
    return;
  }
}

void stage_props::move(std::string const& device, config::entry::reply_effect const& e, core::time_point t) {
  auto const key = std::pair{device, e.metric};
  auto const number = ++order_;
  ramps_[key] = number;
  auto const found = latest_.find(key);
  double const from = found == latest_.end() ? e.ramp_to : found->second;
  for (core::duration at{10s};; at += 10s) {
    at = std::min(at, e.over);
    pending p;
    p.said = blank(device, t + at);
    p.said.readings.push_back(reading_of(e.metric, from + (e.ramp_to - from) * core::to_seconds(at) / core::to_seconds(e.over), p.said.t));
    p.ramp = number;
    put(p.said.t, std::move(p));
    if (at == e.over) return;
  }
}

}  // namespace ioc::ctl
