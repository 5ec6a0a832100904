#include "sim/player.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace ioc::sim {
namespace json = boost::json;
namespace {

constexpr std::chrono::milliseconds least_pace{500};

std::chrono::milliseconds milliseconds(double s) { return std::chrono::milliseconds(std::llround(s * 1000)); }

}  // namespace

player::player(story s, std::map<std::string, device> const& known, options o, scheduler& when, broker_link& out)
    : story_(std::move(s)), options_(o), when_(when), out_(out) {
  bool const unit_known = std::any_of(known.begin(), known.end(), [&](auto const& d) { return d.second.unit == story_.unit; });
  for (auto const& d : story_.devices) {
    auto const it = known.find(story_.unit + "/" + d.id);
    if (it == known.end() && unit_known) throw std::runtime_error("story " + story_.id + ": config/units/" + story_.unit + ".yaml has no device " + d.id);
    mouths_.emplace(d.id, encoder(it == known.end() ? device_by_type(story_.unit, d.id, d.type) : it->second));
  }
  for (auto const& t : story_.targets)  // a group or a team answers too, in the native format
    if (!mouths_.count(t)) mouths_.emplace(t, encoder(device_by_type(story_.unit, t, "pseudo")));
}

instant player::scaled(double t) const { return t0_ + milliseconds(t / options_.speed); }
encoder& player::mouth(std::string const& d) { return mouths_.at(d); }

void player::say(std::vector<message> const& all) {
  for (auto const& m : all) {
    out_.publish(m);
    ++messages_;
  }
}

std::string player::summary() const {
  return story_.id + ": " + std::to_string(messages_) + " messages, " + std::to_string(commands_) + " commands heard";
}

void player::start(instant t0) {
  t0_ = t0;
  next_ = 0;
  calm_ = false;
  ++round_;
  std::printf("%s: round %d, unit %s, speed %g, %.0f s\n", story_.id.c_str(), round_, story_.unit.c_str(), options_.speed, story_.duration_s / options_.speed);
  for (auto const& [kind, n] : story_.skipped)
    if (round_ == 1) std::printf("%s: skipped %d x %s (not a device's doing)\n", story_.id.c_str(), n, kind.c_str());
  std::fflush(stdout);
  // Loudspeakers, sirens and the like say nothing in a story until they are spoken to; they are there all the same.
  for (auto const& d : story_.devices)
    if (d.pace_s == 0) say({mouth(d.id).heartbeat(to_ms(t0))});
  step();
}

void player::step() {
  if (next_ == story_.entries.size()) {
    when_.at(scaled(story_.duration_s), [this](instant due) {
      if (options_.loop) return calm(due);
      done_ = true;
    });
    return;
  }
  when_.at(scaled(story_.entries[next_].t), [this](instant due) {
    double const t = story_.entries[next_].t;
    // One message for all that a device sensed at this instant.
    std::vector<std::pair<std::string, std::vector<sample>>> sensed;
    for (; next_ < story_.entries.size() && story_.entries[next_].t == t; ++next_) {
      auto const& e = story_.entries[next_];
      if (e.kind == entry_kind::heartbeat) say({mouth(e.device).heartbeat(to_ms(due))});
      if (e.kind == entry_kind::event) say({mouth(e.device).event(e.name, to_ms(due))});
      if (e.kind != entry_kind::sample) continue;
      auto it = std::find_if(sensed.begin(), sensed.end(), [&](auto const& s) { return s.first == e.device; });
      if (it == sensed.end()) it = sensed.insert(sensed.end(), {e.device, {}});
      it->second.push_back({e.name, e.value});
      latest_[e.device][e.name] = e.value;
    }
    for (auto const& [d, values] : sensed) say(mouth(d).samples(values, to_ms(due)));
    step();
  });
}

void player::calm(instant from) {
  std::printf("%s: round %d over, calm for %lld s\n", story_.id.c_str(), round_, static_cast<long long>(options_.pause.count() / 1000));
  std::fflush(stdout);
  calm_ = true;
  for (std::size_t i = 0; i < story_.devices.size(); ++i) beat_calmly(i, from, 0);
  when_.at(from + options_.pause, [this](instant due) { start(due); });
}

// Its usual pace and first values. A level that stands still to the millimetre would be a stuck gauge: it moves by 1 cm.
void player::beat_calmly(std::size_t device, instant due, int round) {
  when_.at(due, [this, device, round](instant at) {
    if (!calm_) return;
    auto const& d = story_.devices[device];
    if (d.beats || d.first.empty()) {
      say({mouth(d.id).heartbeat(to_ms(at))});
    } else {
      std::vector<sample> values;
      for (auto const& [metric, v] : d.first) values.push_back({metric, metric == "level" && round % 2 ? v + 0.01 : v});
      for (auto const& s : values) latest_[d.id][s.metric] = s.value;
      say(mouth(d.id).samples(values, to_ms(at)));
    }
    auto const pace = d.pace_s > 0 ? std::max(least_pace, milliseconds(d.pace_s / options_.speed)) : std::chrono::milliseconds(20'000);
    beat_calmly(device, at + pace, round + 1);
  });
}

void player::answer(std::string const& target, std::string const& id, std::string const& state, std::string const& detail, instant at) {
  say({mouth(target).ack(id, state, detail, to_ms(at))});
}

bool player::command(std::string const& target, std::string const& payload, instant at) {
  if (!mouths_.count(target)) return false;
  boost::system::error_code ec;
  auto const doc = json::parse(payload, ec);
  auto const* o = ec ? nullptr : doc.if_object();
  auto const* id_text = o && o->if_contains("id") ? o->at("id").if_string() : nullptr;
  auto const* name_text = o && o->if_contains("name") ? o->at("name").if_string() : nullptr;
  if (!id_text || !name_text) {
    std::printf("%s: %s heard a command that is none: %.100s\n", story_.id.c_str(), target.c_str(), payload.c_str());
    return true;
  }
  std::string const id(*id_text), name(*name_text);
  ++commands_;
  std::printf("%s: %s hears %s\n", story_.id.c_str(), target.c_str(), name.c_str());
  std::fflush(stdout);

  auto const reply = story_.replies.find({name, target});
  if (reply == story_.replies.end() || reply->second.result == "none") return true;  // silence, whatever was sent
  auto const key = std::pair(target, id);
  if (auto const it = executed_.find(key); it != executed_.end()) {
    // A repeat is not carried out again; the answer is.
    if (it->second.final) answer(target, id, it->second.state, it->second.detail, at);
    else answer(target, id, "accepted", "", at);
    return true;
  }
  if (auto const* expires = o->if_contains("expires"); expires && expires->is_number() && expires->to_number<double>() < static_cast<double>(to_ms(at))) {
    executed_[key] = {true, "rejected", "expired"};
    answer(target, id, "rejected", "expired", at);
    return true;
  }
  executed_[key] = {};
  answer(target, id, "accepted", "", at);
  bool const good = reply->second.result == "ok";
  when_.at(at + milliseconds(reply->second.after_s / options_.speed), [this, target, id, key, good, r = reply->second](instant due) {
    executed_[key] = {true, good ? "succeeded" : "failed", good ? "" : r.reason};
    answer(target, id, executed_[key].state, executed_[key].detail, due);
    if (good && r.effect) ramp(target, *r.effect, due);
  });
  return true;
}

// A sample every 10 s of the story and one at the end, in a straight line from the latest value.
void player::ramp(std::string const& device, effect const& e, instant from) {
  double const start = latest_[device].count(e.metric) ? latest_[device][e.metric] : e.ramp_to;
  int const steps = std::max(1, static_cast<int>(std::ceil(e.over_s / 10)));
  for (int i = 1; i <= steps; ++i) {
    double const at = std::min(10.0 * i, e.over_s);
    double const v = e.over_s > 0 ? start + (e.ramp_to - start) * at / e.over_s : e.ramp_to;
    when_.at(from + milliseconds(at / options_.speed), [this, device, metric = e.metric, v](instant due) {
      latest_[device][metric] = v;
      say(mouth(device).samples({{metric, std::round(v * 1e9) / 1e9}}, to_ms(due)));
    });
  }
}

}  // namespace ioc::sim
