#include "adapters/web/outbox.hpp"

#include "core/value.hpp"

namespace ioc::web {

namespace {
constexpr std::size_t readings_in_order = 1000;
constexpr std::size_t delta_bytes = 256 * 1024;
}  // namespace

std::size_t frame::size() const {
  std::size_t n = head.size() + tail.size();
  for (auto const& i : items) n += i->size() + 1;
  return n;
}

void outbox::say(std::string text) {
  bytes_ += text.size();
  words_.push_back(std::move(text));
}

bool outbox::subscribe(std::int64_t id, channel where, item_filter filter) {
  subscription s;
  s.where = where;
  s.filter = std::move(filter);
  return subscriptions_.try_emplace(id, std::move(s)).second;
}

std::optional<outbox::ended> outbox::unsubscribe(std::int64_t id) {
  auto const at = subscriptions_.find(id);
  if (at == subscriptions_.end()) return std::nullopt;
  for (auto const& e : at->second.waiting) bytes_ -= e.size();
  ended out{at->second.where, std::move(at->second.filter)};
  subscriptions_.erase(at);
  return out;
}

std::vector<outbox::ended> outbox::all() const {
  std::vector<ended> out;
  for (auto const& [id, s] : subscriptions_) out.push_back({s.where, s.filter});
  return out;
}

void outbox::changed(change const& c) {
  for (auto& [id, s] : subscriptions_) {
    if (s.where != c.where || s.fresh || c.what.revision <= s.revision) continue;
    if (!s.filter.units.contains(c.what.unit)) continue;
    if (c.removed()) {
      add(s, c, true);
    } else if (s.filter.matches(c.what)) {
      add(s, c, false);
    } else if (s.where != channel::readings) {
      add(s, c, true);  // it left the filter; a remove of a key that the client never had says nothing
    }
  }
}

void outbox::add(subscription& s, change const& c, bool removed) {
  entry e{c.what.key, removed ? nullptr : c.what.json};
  auto const old = s.latest.find(e.key);
  bool const replace = old != s.latest.end() && (s.where != channel::readings || s.waiting.size() >= readings_in_order);
  bytes_ += e.size();
  if (replace) {
    bytes_ -= old->second->size();
    *old->second = std::move(e);
    return;
  }
  s.waiting.push_back(std::move(e));
  auto const last = std::prev(s.waiting.end());
  s.latest.insert_or_assign(last->key, last);
  if (s.where == channel::readings && s.waiting.size() == readings_in_order) thin(s);
}

// Leaves the newest reading of each series.
void outbox::thin(subscription& s) {
  for (auto at = s.waiting.begin(); at != s.waiting.end();) {
    if (s.latest.at(at->key) == at) {
      ++at;
    } else {
      bytes_ -= at->size();
      at = s.waiting.erase(at);
    }
  }
}

bool outbox::empty() const {
  if (!words_.empty()) return false;
  for (auto const& [id, s] : subscriptions_)
    if (s.fresh || !s.waiting.empty()) return false;
  return true;
}

std::optional<frame> outbox::next(hub const& from) {
  if (!words_.empty()) {
    frame f;
    f.head = std::move(words_.front());
    words_.pop_front();
    bytes_ -= f.head.size();
    return f;
  }
  for (auto& [id, s] : subscriptions_)
    if (s.fresh) return snapshot(id, s, from);
  // In turn, so that a busy subscription does not starve the others.
  auto at = subscriptions_.upper_bound(turn_);
  for (std::size_t n = 0; n < subscriptions_.size(); ++n, ++at) {
    if (at == subscriptions_.end()) at = subscriptions_.begin();
    if (at->second.waiting.empty()) continue;
    turn_ = at->first;
    return delta(at->first, at->second);
  }
  return std::nullopt;
}

frame outbox::snapshot(std::int64_t id, subscription& s, hub const& from) {
  auto taken = from.snapshot(s.where, s.filter);
  s.fresh = false;
  s.revision = taken.revision;
  frame f;
  f.head = R"({"type":"snapshot","id":)" + std::to_string(id) + R"(,"seq":)" + std::to_string(++s.seq) + R"(,"items":[)";
  f.items = std::move(taken.items);
  f.tail = "]}";
  return f;
}

frame outbox::delta(std::int64_t id, subscription& s) {
  frame f;
  f.head = R"({"type":"delta","id":)" + std::to_string(id) + R"(,"seq":)" + std::to_string(++s.seq) + R"(,"upsert":[)";
  f.tail = R"(],"remove":[)";
  bool first = true;
  for (std::size_t size = 0; !s.waiting.empty() && size < delta_bytes;) {
    auto const at = s.waiting.begin();
    size += at->size();
    bytes_ -= at->size();
    if (auto const l = s.latest.find(at->key); l->second == at) s.latest.erase(l);
    if (at->json) {
      f.items.push_back(std::move(at->json));
    } else {
      if (!first) f.tail += ',';
      first = false;
      f.tail += core::json_quote(at->key);
    }
    s.waiting.erase(at);
  }
  f.tail += "]}";
  return f;
}

}  // namespace ioc::web
