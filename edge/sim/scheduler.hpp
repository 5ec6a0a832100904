#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

namespace ioc::sim {

using instant = std::chrono::sys_time<std::chrono::milliseconds>;

inline std::int64_t to_ms(instant t) { return t.time_since_epoch().count(); }
inline instant now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

// What is to be done when. One thread; jobs of the same instant run in the order in which they were set up.
// A job gets the instant for which it was meant, not the one at which it runs: payloads carry that one.
class scheduler {
 public:
  using job = std::function<void(instant due)>;

  void at(instant due, job j) { jobs_.push({due, next_++, std::move(j)}); }
  std::optional<instant> next() const { return jobs_.empty() ? std::nullopt : std::optional(jobs_.top().due); }
  bool run_one(instant until) {
    if (jobs_.empty() || jobs_.top().due > until) return false;
    auto const top = jobs_.top();
    jobs_.pop();
    top.run(top.due);
    return true;
  }

 private:
  struct entry {
    instant due;
    std::uint64_t order;
    job run;
    bool operator<(entry const& o) const { return due != o.due ? due > o.due : order > o.order; }  // earliest on top
  };
  std::priority_queue<entry> jobs_;
  std::uint64_t next_ = 0;
};

}  // namespace ioc::sim
