#include "adapters/postgres/rollup.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ioc::postgres {

namespace {
// A device's clock may run ahead, but not by days.
constexpr std::int64_t most_open_minutes = 240;
constexpr std::size_t most_layouts = 50'000;
constexpr double none = std::numeric_limits<double>::quiet_NaN();  // what the stored rows hold is finite
}  // namespace

void minute_book::start(std::int64_t until, std::int64_t exact) {
  until_ = until;
  exact_ = std::max(until, exact);
  open_.clear();
  due_.clear();
}

std::vector<int> const& minute_book::names_of(layout_ptr const& l) {
  if (auto const it = layouts_.find(l); it != layouts_.end()) return it->second;
  if (layouts_.size() >= most_layouts) layouts_.clear();
  std::vector<int> ids;
  for (auto const& m : l->metrics) {
    auto const [it, fresh] = name_ids_.try_emplace(m, static_cast<int>(names_.size()));
    if (fresh) names_.push_back(&it->first);
    ids.push_back(it->second);
  }
  return layouts_.emplace(l, std::move(ids)).first->second;
}

void minute_book::add(reading_row const& r, core::time_point t, std::int32_t device) {
  auto const m = minute_of(t);
  if (m < until_) {
    due_[{m, device}] = true;
    return;
  }
  if (m < exact_) return;  // made from the stored rows when it closes
  // Far ahead of everybody: each row's bucket is made again at once, and memory stays bounded.
  if (m >= until_ + most_open_minutes) {
    due_[{m, device}] = true;
    return;
  }
  put(open_[m][device], r, static_cast<std::uint32_t>((t - begin_of(m)).count()));
}

void minute_book::put(bucket& b, reading_row const& r, std::uint32_t us) {
  if (b.broken) return;
  std::vector<double> numbers;
  numbers.reserve(r.values.size());
  for (auto const& v : r.values) numbers.push_back(v.q == core::quality::bad ? none : core::number_of(v.v).value_or(none));
  if (!b.only && b.slots.empty()) {
    b.only = r.layout;
    b.numbers = std::move(numbers);
    b.only_us = us;
    return;
  }
  if (b.only) {
    add_up(b, names_of(b.only), b.numbers, b.only_us);
    b.only.reset();
    b.numbers = {};
  }
  add_up(b, names_of(r.layout), numbers, us);
}

void minute_book::add_up(bucket& b, std::vector<int> const& names, std::vector<double> const& numbers, std::uint32_t us) {
  if (b.slots.empty()) b.slots.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    slot* s = nullptr;
    if (i < b.slots.size() && b.slots[i].metric == names[i]) {
      s = &b.slots[i];
    } else {
      auto const it = std::find_if(b.slots.begin(), b.slots.end(), [&](slot const& x) { return x.metric == names[i]; });
      if (it != b.slots.end()) s = &*it;
    }
    if (s && us <= s->last_us) {
      b.broken = true;
      b.slots = {};
      return;
    }
    if (!s) {
      s = &b.slots.emplace_back();
      s->metric = names[i];
    }
    s->last_us = us;
    auto const n = numbers[i];
    if (std::isnan(n)) continue;
    s->min = s->count ? std::min(s->min, n) : n;
    s->max = s->count ? std::max(s->max, n) : n;
    s->sum = s->count ? s->sum + n : n;
    s->last = n;
    ++s->count;
  }
}

std::vector<due_minute> minute_book::take_due() {
  std::vector<due_minute> out;
  for (auto const& [key, yes] : due_) out.push_back({key.first, key.second});
  due_.clear();
  return out;
}

void minute_book::take(std::int64_t until, std::size_t most, std::vector<closed_minute>& whole, std::vector<due_minute>& due) {
  std::size_t taken = 0;
  while (!open_.empty() && open_.begin()->first < until && taken < most) {
    auto& [m, devices] = *open_.begin();
    for (auto it = devices.begin(); it != devices.end() && taken < most; it = devices.erase(it), ++taken) {
      auto& [device, b] = *it;
      if (b.broken) {
        due.push_back({m, device});
        continue;
      }
      if (b.only) {
        auto const& names = names_of(b.only);
        closed_minute c{m, device, {}, {}};
        c.metrics.reserve(names.size());
        c.numbers.reserve(names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
          if (std::isnan(b.numbers[i])) continue;
          c.metrics.push_back(names[i]);
          c.numbers.push_back(b.numbers[i]);
        }
        if (!c.metrics.empty()) whole.push_back(std::move(c));
        continue;
      }
      std::erase_if(b.slots, [](slot const& s) { return s.count == 0; });
      if (b.slots.empty()) continue;
      closed_minute c{m, device, {}, {}};
      bool const once = std::all_of(b.slots.begin(), b.slots.end(), [](slot const& s) { return s.count == 1; });
      c.metrics.reserve(b.slots.size());
      c.numbers.reserve(b.slots.size() * (once ? 1 : 5));
      for (auto const& s : b.slots) {
        c.metrics.push_back(s.metric);
        if (once) c.numbers.push_back(s.last);
        else c.numbers.insert(c.numbers.end(), {static_cast<double>(s.count), s.min, s.sum, s.max, s.last});
      }
      whole.push_back(std::move(c));
    }
    if (devices.empty()) open_.erase(open_.begin());
  }
}

std::size_t minute_book::open_devices() const {
  std::size_t n = 0;
  for (auto const& [m, devices] : open_) n += devices.size();
  return n;
}

}  // namespace ioc::postgres
