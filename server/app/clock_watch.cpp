#include "app/clock_watch.hpp"

#include <sys/timex.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace ioc::app {

using std::chrono::milliseconds;

kernel_clock ask_kernel() {
  timex t{};
  int const state = ::adjtimex(&t);  // modes 0: only reads
  if (state < 0) return {};
  auto const offset = t.status & STA_NANO ? t.offset / 1000 : t.offset;
  return {true, state != TIME_ERROR && !(t.status & STA_UNSYNC), std::chrono::microseconds{offset}};
}

std::optional<milliseconds> clock_watch::look(core::time_point wall, std::chrono::steady_clock::time_point steady) {
  auto const passed = std::chrono::floor<core::duration>(steady - std::exchange(steady_, steady));
  auto const step = std::chrono::floor<milliseconds>(wall - std::exchange(wall_, wall) - passed);
  if (std::chrono::abs(step) < worth_saying) return std::nullopt;
  ++steps_;
  last_step_ms_ = step.count();
  last_step_at_us_ = core::to_us(wall);
  return step;
}

std::string clock_watch::text() const {
  auto const kernel = ask_kernel();
  char part[96];
  std::string out = !kernel.known ? "the kernel does not tell whether the clock is synchronised" : kernel.synchronised ? "synchronised" : "not synchronised";
  if (kernel.known && kernel.synchronised) {
    std::snprintf(part, sizeof part, ", offset %.1f ms", static_cast<double>(kernel.offset.count()) / 1000);
    out += part;
  }
  std::snprintf(part, sizeof part, "; PostgreSQL %+lld ms; journal %+lld ms", static_cast<long long>(database_ms_), static_cast<long long>(-journal_ms_));
  out += part;
  if (steps_ > 0) {
    std::snprintf(part, sizeof part, "; stepped by %+.1f s at ", static_cast<double>(last_step_ms_) / 1000);
    out += part + core::to_iso(core::time_point{core::duration{last_step_at_us_.load()}});
  }
  return out;
}

bool clock_watch::fine() const {
  auto const kernel = ask_kernel();
  if (!kernel.known || !kernel.synchronised || std::chrono::abs(kernel.offset) >= worth_saying) return false;
  return std::abs(database_ms_) < worth_saying.count() && std::abs(journal_ms_) < worth_saying.count();
}

double clock_watch::offset_s() const {
  auto const most = std::abs(database_ms_) > std::abs(journal_ms_) ? -database_ms_.load() : journal_ms_.load();
  return static_cast<double>(most) / 1000;
}

}  // namespace ioc::app
