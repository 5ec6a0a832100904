#include "perceive/dedup.hpp"

#include <algorithm>

namespace ioc::perceive {
namespace {
std::uint32_t minute_of(core::time_point t) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count()));
}
}  // namespace

bool dedup_memory::within(std::size_t i, core::time_point now, core::duration age) const {
  return minutes_[i] + 1 >= minute_of(now - age);  // one minute of slack: minutes are floored
}

bool dedup_memory::knows(record_key const& k, bool dup, core::time_point now) const {
  if (!k.certain) {
    if (!dup) return false;
    for (std::size_t back = 1; back <= std::min(dup_window, hashes_.size()); ++back) {
      std::size_t const i = static_cast<std::size_t>((next_ + hashes_.size() - back) % hashes_.size());
      if (hashes_[i] == k.hash && within(i, now, dup_age)) return true;
    }
    return false;
  }
  // The usual record is newer than all before it and cannot be among them: no search.
  if (k.t ? *k.t > newest_ : (k.seq && (!highest_ || *k.seq > *highest_))) return false;
  for (auto it = hashes_.begin(); (it = std::find(it, hashes_.end(), k.hash)) != hashes_.end(); ++it)
    if (within(static_cast<std::size_t>(it - hashes_.begin()), now, horizon)) return true;
  return false;
}

void dedup_memory::remember(record_key const& k, core::time_point now) {
  if (hashes_.size() < capacity) {
    hashes_.push_back(k.hash);
    minutes_.push_back(minute_of(now));
    next_ = hashes_.size() % capacity;
  } else {
    hashes_[static_cast<std::size_t>(next_)] = k.hash;
    minutes_[static_cast<std::size_t>(next_)] = minute_of(now);
    next_ = (next_ + 1) % capacity;
  }
  if (k.t) newest_ = std::max(newest_, *k.t);
  else if (k.seq && (!highest_ || *k.seq > *highest_)) highest_ = k.seq;
}

}  // namespace ioc::perceive
