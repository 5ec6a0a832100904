#include "perceive/dedup.hpp"

#include <algorithm>

namespace ioc::perceive {
namespace {

constexpr std::uint64_t widest_step = 16;  // a device that counts more than one thing skips so many at most
constexpr std::uint64_t minute_bits = (1u << 18) - 1;  // half a year of minutes, then they come again

std::uint64_t minute_of(core::time_point t) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count())) & minute_bits;
}

std::uint64_t packed(std::uint64_t hash, core::time_point now) { return (hash & ~minute_bits) | minute_of(now); }
bool same(std::uint64_t entry, std::uint64_t hash) { return ((entry ^ hash) & ~minute_bits) == 0; }

}  // namespace

bool dedup_memory::young(std::uint64_t entry, core::time_point now, core::duration age) {
  auto const minutes = (minute_of(now) - (entry & minute_bits)) & minute_bits;
  // One minute of slack: minutes are floored. A clock that was set back makes the difference huge: that is young, too.
  return minutes <= static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::minutes>(age).count()) + 1 || minutes > minute_bits / 2;
}

bool dedup_memory::knows(record_key const& k, bool dup, core::time_point now) const {
  if (!k.certain) {
    if (!dup) return false;
    for (std::size_t back = 1; back <= std::min(dup_window, recent_.size()); ++back) {
      auto const entry = recent_[static_cast<std::size_t>((next_ + recent_.size() - back) % recent_.size())];
      if (same(entry, k.hash) && young(entry, now, dup_age)) return true;
    }
    return false;
  }
  // The usual record is newer than all before it and cannot be among them: no search.
  if (k.t ? *k.t > newest_ : (k.seq && (!highest_ || *k.seq > *highest_))) return false;
  for (auto const entry : recent_)
    if (same(entry, k.hash) && young(entry, now, horizon)) return true;
  if (!k.seq || !k.t || *k.t > forgotten_) return false;  // what is kept exactly reaches back that far
  return std::any_of(runs_.begin(), runs_.end(), [&](run const& r) {
    return r.kind == k.kind && r.holds(*k.seq, *k.t) && now - r.heard <= horizon;
  });
}

std::size_t dedup_memory::exact_for(std::size_t devices) {
  constexpr std::size_t bytes = std::size_t{48} << 20, least = 32;
  return std::clamp(bytes / 16 / std::max<std::size_t>(devices, 1), least, most_exact);
}

// Devices speak at a pace that is not quite even: a quarter of the run's time to either side, ten minutes at least.
bool dedup_memory::run::holds(std::uint64_t seq, core::time_point t) const {
  if (seq < first || seq > last || t < from || t > to) return false;
  if (step > 1 && (seq - first) % step != 0) return false;
  if (last == first) return t == from;
  auto const part = static_cast<double>(seq - first) / static_cast<double>(last - first);
  auto const expected = from + core::duration{static_cast<std::int64_t>(part * static_cast<double>((to - from).count()))};
  return std::chrono::abs(t - expected) <= std::max<core::duration>((to - from) / 4, std::chrono::minutes{10});
}

bool dedup_memory::run::goes_on_with(std::uint64_t seq, core::time_point t) const {
  if (seq <= last || t < to) return false;
  return step > 0 ? seq - last == step : seq - last <= widest_step;
}

void dedup_memory::extend(record_key const& k, core::time_point now) {
  auto place = std::find_if(runs_.rbegin(), runs_.rend(), [&](run const& r) { return r.kind == k.kind && r.goes_on_with(*k.seq, *k.t); });
  if (place == runs_.rend()) {
    // A hole that is filled from its end: gateways empty their memory backwards.
    auto const before = std::find_if(runs_.rbegin(), runs_.rend(), [&](run const& r) {
      return r.kind == k.kind && *k.seq < r.first && *k.t <= r.from && (r.step > 0 ? r.first - *k.seq == r.step : r.first - *k.seq <= widest_step);
    });
    if (before != runs_.rend()) {
      before->step = before->first - *k.seq;
      before->first = *k.seq;
      before->from = *k.t;
      before->heard = now;
    } else {
      std::erase_if(runs_, [&](run const& r) { return now - r.heard > horizon; });
      if (runs_.size() >= most_runs) runs_.erase(runs_.begin());
      runs_.push_back({k.kind, *k.seq, *k.seq, 0, *k.t, *k.t, now});
    }
    return;
  }
  place->step = *k.seq - place->last;
  place->last = *k.seq;
  place->to = *k.t;
  place->heard = now;
  // It may have closed the gap to the next.
  auto const next = std::find_if(runs_.begin(), runs_.end(), [&](run const& r) {
    return r.kind == k.kind && r.first == place->last + place->step && (r.step == place->step || r.step == 0) && r.from >= place->to;
  });
  if (next == runs_.end()) return;
  place->last = next->last;
  place->to = next->to;
  place->heard = std::max(place->heard, next->heard);
  runs_.erase(next);
}

// Makes the ring one of at most `most`, the oldest first; what leaves it is known by its run only.
void dedup_memory::fit(std::size_t most) {
  if (recent_.size() == most || recent_.empty()) return;
  if (recent_.size() > most_exact) return;  // of a device that did not count before: it stays as large as it is
  auto const oldest = static_cast<std::ptrdiff_t>(next_ % recent_.size());
  if (recent_.size() < most && oldest == 0) return;  // in order, with room
  std::rotate(recent_.begin(), recent_.begin() + oldest, recent_.end());
  times_.resize(times_.empty() ? 0 : recent_.size(), forgotten_);
  if (!times_.empty()) std::rotate(times_.begin(), times_.begin() + oldest, times_.end());
  if (recent_.size() > most) {
    auto const gone = static_cast<std::ptrdiff_t>(recent_.size() - most);
    for (std::ptrdiff_t i = 0; i < gone && !times_.empty(); ++i) forgotten_ = std::max(forgotten_, times_[static_cast<std::size_t>(i)]);
    recent_.erase(recent_.begin(), recent_.begin() + gone);
    if (!times_.empty()) times_.erase(times_.begin(), times_.begin() + gone);
    recent_.shrink_to_fit();
    times_.shrink_to_fit();
  }
  next_ = 0;
}

void dedup_memory::remember(record_key const& k, core::time_point now, std::size_t exact) {
  bool const counted = k.seq && k.t;
  if (counted) extend(k, now);
  auto const most = runs_.empty() ? capacity : exact;
  fit(most);
  if (recent_.size() < most) {
    recent_.push_back(packed(k.hash, now));
    next_ = recent_.size() % most;
    if (counted || !times_.empty()) {
      times_.resize(recent_.size(), forgotten_);
      times_.back() = k.t.value_or(forgotten_);
    }
  } else {
    if (next_ >= recent_.size()) next_ = 0;
    auto const i = static_cast<std::size_t>(next_);
    if (!times_.empty()) {
      times_.resize(recent_.size(), forgotten_);
      forgotten_ = std::max(forgotten_, times_[i]);
      times_[i] = k.t.value_or(forgotten_);
    }
    recent_[i] = packed(k.hash, now);
    next_ = (next_ + 1) % recent_.size();
  }
  if (k.t) newest_ = std::max(newest_, *k.t);
  else if (k.seq && (!highest_ || *k.seq > *highest_)) highest_ = k.seq;
}

}  // namespace ioc::perceive
