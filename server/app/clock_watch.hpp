#pragma once
#include "core/time.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

namespace ioc::app {

// What the kernel says of the system clock (adjtimex): whether something keeps it in step with the world, and the offset it still
// corrects. `known` is false where the kernel does not tell (a container without the right).
struct kernel_clock {
  bool known = false;
  bool synchronised = false;
  std::chrono::microseconds offset{0};
};
kernel_clock ask_kernel();

// Compares the clocks that a start and a step can set apart: the wall clock against the steady one (a step by hand, or by NTP), against
// the journal's arrival clock (which never goes back), and against PostgreSQL's. The app's main thread looks once a second; texts may
// be asked from any thread. Only says; what is judged by which clock is the pipeline's business.
class clock_watch {
 public:
  static constexpr std::chrono::milliseconds worth_saying{1000};

  clock_watch(core::time_point wall, std::chrono::steady_clock::time_point steady) : wall_(wall), steady_(steady) {}

  // Once a second. The size of a step since the last look, or nothing; a step is counted and stays in the text.
  std::optional<std::chrono::milliseconds> look(core::time_point wall, std::chrono::steady_clock::time_point steady);
  // `database` = its clock minus ours, half a round trip taken off.
  void database_is(std::chrono::milliseconds ahead) { database_ms_ = ahead.count(); }
  // Ours minus the journal's: how far records are stamped away from the wall clock, until that caught up.
  void journal_is(std::chrono::milliseconds behind) { journal_ms_ = behind.count(); }

  // One line for /readyz, such as "synchronised, offset 0.4 ms; PostgreSQL +3 ms; stepped by -3600 s at 07:00:01Z".
  std::string text() const;
  bool fine() const;  // the kernel says that it is kept in step, and nothing is off by worth_saying or more
  double offset_s() const;
  bool synchronised() const { return ask_kernel().synchronised; }
  std::uint64_t steps() const { return steps_; }

 private:
  core::time_point wall_;
  std::chrono::steady_clock::time_point steady_;
  std::atomic<std::int64_t> database_ms_{0}, journal_ms_{0}, last_step_ms_{0}, last_step_at_us_{0};
  std::atomic<std::uint64_t> steps_{0};
};

}  // namespace ioc::app
