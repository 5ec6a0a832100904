#include "adapters/web/idempotency.hpp"

namespace ioc::web {

namespace {
constexpr std::size_t most_entries = 10'000;
constexpr std::size_t most_bytes = 32u << 20;
constexpr std::chrono::hours lifetime{24};
}  // namespace

// Caller holds the lock.
void answered_writes::forget(std::string const& key) {
  auto const at = entries_.find(key);
  if (at == entries_.end()) return;
  if (at->second.answer) bytes_ -= at->second.answer->body.size();
  order_.erase(at->second.place);
  entries_.erase(at);
}

answered_writes::found answered_writes::begin(std::string const& key, std::string const& print, core::time_point now) {
  std::lock_guard const lock(mutex_);
  while (!order_.empty() && now - entries_.at(order_.front()).at > lifetime) forget(std::string(order_.front()));
  if (auto const at = entries_.find(key); at != entries_.end()) {
    if (at->second.print != print) return {verdict::other_request, {}};
    if (!at->second.answer) return {verdict::in_flight, {}};
    return {verdict::repeat, *at->second.answer};
  }
  if (entries_.size() >= most_entries) forget(std::string(order_.front()));
  entries_[key] = {print, now, std::nullopt, order_.insert(order_.end(), key)};
  return {};
}

void answered_writes::keep(std::string const& key, response const& answer) {
  std::lock_guard const lock(mutex_);
  auto const at = entries_.find(key);
  if (at == entries_.end()) return;
  at->second.answer = answer;
  bytes_ += answer.body.size();
  while (bytes_ > most_bytes && order_.size() > 1) forget(std::string(order_.front()));
}

void answered_writes::drop(std::string const& key) {
  std::lock_guard const lock(mutex_);
  forget(key);
}

}  // namespace ioc::web
