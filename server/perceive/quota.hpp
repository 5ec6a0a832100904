#pragma once
#include "core/ids.hpp"
#include "core/time.hpp"

#include <algorithm>
#include <string>

namespace ioc::perceive {

// How much one publisher may say: so many messages a second for good, and a burst before that counts (a device that has stored a day's
// readings empties its memory at once). A message above it is refused unread, so that one broken device costs the others nothing.
struct quota_limit {
  double per_s = 1'000;
  double burst = 30'000;
  static constexpr core::duration disabled_after = std::chrono::seconds{10};
};

// A token bucket in arrival time; part of the hearer's state.
class quota {
 public:
  enum class answer : std::uint8_t { fine, surplus, flood };  // flood: told once, after ten seconds of surplus without a pause

  answer take(quota_limit const& limit, core::time_point now) {
    if (last_ == core::time_point{}) spent_ = 0;
    spent_ = std::max(0.0, spent_ - core::to_seconds(std::max(core::duration{0}, now - last_)) * limit.per_s);
    last_ = std::max(last_, now);
    if (spent_ + 1 <= limit.burst) {
      spent_ += 1;
      // At the limit itself one message in a few passes; only a real pause ends the flood.
      if (spent_ + limit.per_s <= limit.burst) over_since_ = core::time_point{};
      return answer::fine;
    }
    if (over_since_ == core::time_point{}) {
      over_since_ = now;
      told_ = false;
    }
    if (told_ || now - over_since_ < quota_limit::disabled_after) return answer::surplus;
    told_ = true;
    return answer::flood;
  }

  core::time_point over_since() const { return over_since_; }

  template <class A>
  void io(A& a) {
    a(last_, spent_, over_since_, told_);
  }

 private:
  core::time_point last_;
  double spent_ = 0;
  core::time_point over_since_;
  bool told_ = false;
};

// What of one publisher was refused unread: in the flood that runs (or ran last), and for good.
struct surplus_count {
  core::time_point since;
  std::uint64_t refused = 0, total = 0;
  template <class A>
  void io(A& a) { a(since, refused, total); }
};

// A publisher has been above its quota for ten seconds without a pause; said once for each flood. `who` is unit and device, or unit and
// the gateway's segment in bridged topics; `topic` is the message's at which it was seen.
struct flood {
  core::device_ref who;
  bool bridged = false;
  std::string topic;
  core::time_point since;
  std::uint64_t refused = 0;
  double quota_per_s = 0;
};

// The publisher's name in the settings and the counters, which is also its account's: "unit/device", a gateway's "unit.name".
inline std::string publisher_name(std::string_view unit, std::string_view name, bool bridged) {
  std::string out(unit);
  out += bridged ? '.' : '/';
  return out.append(name);
}

}  // namespace ioc::perceive
