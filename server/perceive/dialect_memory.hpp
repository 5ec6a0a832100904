#pragma once
#include "perceive/decoders/sparkplug_b/state.hpp"

#include "perceive/quota.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace ioc::perceive {

// What a dialect has to remember between two messages to understand the second: a discovery message's state topic, the unit of
// a Homie property, the type of a Wiren Board control. One for each (unit, gateway, source); part of the hearer's state, so a replay
// remembers the same. Bounded: put() beyond the limits says no, and the decoder then refuses the message with that reason.
class dialect_memory {
 public:
  static constexpr std::size_t max_entries = 50'000;
  static constexpr std::size_t max_bytes = 32u << 20;

  // Null when nothing is kept under this key. The pointer lives until the next put() or erase().
  std::string const* find(std::string_view key) const {
    auto const it = kept_.find(key);
    return it == kept_.end() ? nullptr : &it->second;
  }
  bool put(std::string key, std::string value) {
    auto const it = kept_.find(key);
    std::size_t const before = it == kept_.end() ? 0 : key.size() + it->second.size();
    std::size_t const after = key.size() + value.size();
    if ((it == kept_.end() && kept_.size() >= max_entries) || bytes_ - before + after > max_bytes) return false;
    bytes_ = bytes_ - before + after;
    kept_.insert_or_assign(std::move(key), std::move(value));
    return true;
  }
  void erase(std::string_view key) {
    auto const it = kept_.find(key);
    if (it == kept_.end()) return;
    bytes_ -= it->first.size() + it->second.size();
    kept_.erase(it);
  }
  // All entries in the order of their keys.
  std::map<std::string, std::string, std::less<>> const& all() const { return kept_; }

  // Sparkplug's sessions are too many-sided for texts; its decoder alone looks at them, and keeps their limits.
  sparkplug::session_state sparkplug;

  template <class A>
  void io(A& a) {
    a(kept_, bytes_, sparkplug, quota);
  }

  perceive::quota quota;  // of the gateway that speaks this dialect

 private:
  std::map<std::string, std::string, std::less<>> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace ioc::perceive
