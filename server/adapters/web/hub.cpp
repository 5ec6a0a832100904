#include "adapters/web/hub.hpp"

#include <algorithm>

namespace ioc::web {

namespace {
constexpr std::size_t most_readings = 20'000;

std::pair<std::int64_t, std::string_view> rank(item const& i) { return {-core::to_us(i.meta.at), i.key}; }

bool has(std::string_view text, std::string_view part) {
  auto const same = [](char a, char b) {
    auto const low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return low(a) == low(b);
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}
}  // namespace

std::optional<channel> channel_from(std::string_view text) {
  if (text == "alerts") return channel::alerts;
  if (text == "devices") return channel::devices;
  if (text == "summary") return channel::summary;
  if (text == "actions") return channel::actions;
  if (text == "tasks") return channel::tasks;
  if (text == "readings") return channel::readings;
  return std::nullopt;
}

bool item_filter::only_units() const {
  return states.empty() && severities.empty() && rule.empty() && alert.empty() && device.empty() && metric.empty() && type.empty() && text.empty() && !claimed;
}

bool item_filter::matches(item const& i) const {
  auto const& m = i.meta;
  if (!units.contains(i.unit)) return false;
  if (!states.empty() && !states.contains(m.state) && !(m.open && states.contains("open"))) return false;
  if (!severities.empty() && !severities.contains(m.severity)) return false;
  auto const same = [](std::string const& wanted, std::string const& is) { return wanted.empty() || wanted == is; };
  if (!same(rule, m.rule) || !same(alert, m.alert) || !same(device, m.device) || !same(metric, m.metric) || !same(type, m.type)) return false;
  if (claimed && *claimed != m.claimed) return false;
  return text.empty() || has(m.text, text) || has(i.key, text);
}

void hub::wake() {
  // A copy: attach() may replace it while it runs.
  std::function<void()> call;
  {
    std::lock_guard const lock(mutex_);
    call = wake_;
  }
  if (call) call();
}

// Caller holds the lock. The latest state takes the place of an earlier one that nobody has taken yet.
void hub::note(shelf& s, channel where, item i) {
  if (!wake_) return;
  auto const [at, fresh] = s.waiting.try_emplace(i.key, waiting_.size());
  if (fresh) {
    waiting_.push_back({where, std::move(i)});
  } else {
    waiting_[at->second].what = std::move(i);
  }
}

// Caller holds the lock.
void hub::keep(shelf& s, item i) {
  auto const [at, fresh] = s.items.try_emplace(i.key);
  auto& place = at->second;
  if (!fresh) s.order.erase(rank(place));
  place = std::move(i);
  s.order.emplace(std::pair{rank(place).first, std::string_view(at->first)}, &place);
}

void hub::put(channel where, std::string key, std::string unit, std::string json, item_meta meta) {
  item i{std::move(key), std::move(unit), std::make_shared<std::string const>(std::move(json)), std::move(meta), 0, false};
  bool first = false;
  {
    std::lock_guard const lock(mutex_);
    i.revision = ++revision_;
    auto& s = shelves_[where];
    keep(s, i);
    first = waiting_.empty();
    note(s, where, std::move(i));
  }
  if (first) wake();
}

void hub::touch(channel where, std::string key, std::string unit, item_meta meta) {
  std::lock_guard const lock(mutex_);
  item i{std::move(key), std::move(unit), nullptr, std::move(meta), ++revision_, true};
  auto& s = shelves_[where];
  keep(s, std::move(i));
}

bool hub::followed(channel where, std::string const& unit) const {
  std::lock_guard const lock(mutex_);
  return followed_.contains({where, unit});
}

void hub::follow(channel where, std::set<std::string> const& units, int by) {
  std::lock_guard const lock(mutex_);
  for (auto const& u : units) {
    auto const at = followed_.try_emplace({where, u}, 0).first;
    if ((at->second += by) <= 0) followed_.erase(at);
  }
}

void hub::make_by(channel where, maker m) {
  std::lock_guard const lock(mutex_);
  makers_[where] = std::move(m);
}

void hub::make(channel where, std::vector<item*> const& wanted) const {
  if (wanted.empty()) return;
  maker m;
  {
    std::lock_guard const lock(mutex_);
    if (auto const at = makers_.find(where); at != makers_.end()) m = at->second;
  }
  if (!m) return;
  std::vector<std::string> keys;
  keys.reserve(wanted.size());
  for (auto const* i : wanted) keys.push_back(i->key);
  try {
    auto texts = m(keys);
    for (std::size_t n = 0; n < wanted.size() && n < texts.size(); ++n)
      if (!texts[n].empty()) wanted[n]->json = std::make_shared<std::string const>(std::move(texts[n]));
  } catch (std::exception const&) {
  }
}

void hub::remove(channel where, std::string const& key, std::string const& unit) {
  bool first = false;
  {
    std::lock_guard const lock(mutex_);
    auto& s = shelves_[where];
    auto const old = s.items.find(key);
    if (old == s.items.end()) return;
    item gone{key, unit, nullptr, std::move(old->second.meta), ++revision_};
    s.order.erase(rank(gone));
    s.items.erase(old);
    first = waiting_.empty();
    note(s, where, std::move(gone));
  }
  if (first) wake();
}

void hub::reading(std::string const& unit, std::string const& device, std::string const& metric, std::string json) {
  if (!wanted(unit, device)) return;
  bool first = false;
  {
    std::lock_guard const lock(mutex_);
    if (!wake_) return;
    if (waiting_readings_ >= most_readings) {
      ++readings_dropped_;
      return;
    }
    item i{unit + "/" + device + "/" + metric, unit, std::make_shared<std::string const>(std::move(json)), {}, ++revision_};
    i.meta.device = device;
    i.meta.metric = metric;
    first = waiting_.empty();
    waiting_.push_back({channel::readings, std::move(i)});
    ++waiting_readings_;
  }
  if (first) wake();
}

bool hub::wanted(std::string const& unit, std::string const& device) const {
  if (watchers_.load(std::memory_order_relaxed) == 0) return false;
  std::lock_guard const lock(mutex_);
  return watched_.contains(unit + "/" + device);
}

void hub::watch(std::string const& unit, std::string const& device, int by) {
  std::lock_guard const lock(mutex_);
  auto const at = watched_.try_emplace(unit + "/" + device, 0).first;
  at->second += by;
  watchers_ += by;
  if (at->second <= 0) watched_.erase(at);
}

std::optional<item> hub::find(channel where, std::string const& key) const {
  std::optional<item> out;
  {
    std::lock_guard const lock(mutex_);
    auto const s = shelves_.find(where);
    if (s == shelves_.end()) return std::nullopt;
    auto const i = s->second.items.find(key);
    if (i == s->second.items.end()) return std::nullopt;
    out = i->second;
  }
  if (out->on_demand) make(where, {&*out});
  return out->json ? out : std::nullopt;
}

std::vector<item> hub::list(channel where, item_filter const& filter, std::size_t limit, std::optional<position> const& after) const {
  std::vector<item> out;
  {
    std::lock_guard const lock(mutex_);
    auto const s = shelves_.find(where);
    if (s == shelves_.end()) return out;
    auto at = after ? s->second.order.upper_bound({-after->at_us, after->key}) : s->second.order.begin();
    for (; at != s->second.order.end() && out.size() < limit; ++at) {
      auto const& i = *at->second;
      if (filter.matches(i)) out.push_back(i);
    }
  }
  std::vector<item*> wanted;
  for (auto& i : out)
    if (i.on_demand) wanted.push_back(&i);
  make(where, wanted);
  std::erase_if(out, [](item const& i) { return !i.json; });
  return out;
}

hub::snapshot_items hub::snapshot(channel where, item_filter const& filter) const {
  snapshot_items out;
  std::vector<item> found;
  {
    std::lock_guard const lock(mutex_);
    out.revision = revision_;
    auto const s = shelves_.find(where);
    if (s == shelves_.end() || where == channel::readings) return out;
    for (auto const& [r, kept] : s->second.order) {
      auto const& i = *kept;
      if (!filter.matches(i)) continue;
      if (i.on_demand) found.push_back(i);
      else out.items.push_back(i.json);
    }
  }
  std::vector<item*> wanted;
  for (auto& i : found) wanted.push_back(&i);
  make(where, wanted);
  for (auto const& i : found)
    if (i.json) out.items.push_back(i.json);
  return out;
}

void hub::attach(std::function<void()> wake_up) {
  std::lock_guard const lock(mutex_);
  wake_ = std::move(wake_up);
  if (!wake_) {
    waiting_.clear();
    waiting_readings_ = 0;
    for (auto& [where, s] : shelves_) s.waiting.clear();
  }
}

std::vector<change> hub::take() {
  std::vector<change> out;
  std::lock_guard const lock(mutex_);
  out.swap(waiting_);
  waiting_readings_ = 0;
  for (auto& [where, s] : shelves_) s.waiting.clear();
  return out;
}

}  // namespace ioc::web
