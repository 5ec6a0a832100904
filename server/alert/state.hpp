#pragma once
#include "alert/rule.hpp"
#include "core/alert.hpp"
#include "core/time.hpp"
#include "core/device_list.hpp"
#include "core/unit.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ioc::alert {

struct point {
  core::time_point t;
  double v = 0;
  core::quality q = core::quality::good;
  bool late = false;  // was history when it came
  template <class A>
  void io(A& a) { a(t, v, q, late); }
};

// Points in the order of time; a vector whose front moves: most series keep one or two, and a deque would cost each half a kilobyte.
class point_window {
 public:
  bool empty() const { return first_ == points_.size(); }
  std::size_t size() const { return points_.size() - first_; }
  point const& back() const { return points_.back(); }
  point const& operator[](std::size_t i) const { return points_[first_ + i]; }
  auto rbegin() const { return points_.rbegin(); }
  auto rend() const { return points_.rend() - static_cast<std::ptrdiff_t>(first_); }
  void push_back(point p) { points_.push_back(p); }
  void pop_back() { points_.pop_back(); }
  void pop_front() {
    if (++first_ < 16 || first_ * 2 < points_.size()) {
      if (first_ < points_.size()) return;
    }
    points_.erase(points_.begin(), points_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  template <class A>
  void io(A& a) {
    if (first_ > 0) {  // what is saved is what is kept
      points_.erase(points_.begin(), points_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    a(points_);
  }

 private:
  std::vector<point> points_;
  std::size_t first_ = 0;
};

// The samples of one series that rules still need, oldest first, the latest last: all younger than the longest window, and one
// at or before its older end (rate needs it).
struct series_state {
  point_window points;
  template <class A>
  void io(A& a) { a(points); }
};

struct device_state {
  std::optional<core::time_point> last_message;
  std::string event;  // the latest event's name
  core::time_point event_at;
  bool event_late = false;
  template <class A>
  void io(A& a) { a(last_message, event, event_at, event_late); }
};

// One rule on one subject: where its two conditions stand and since when. `armed` is false from a clear until the condition has
// been seen false. `count_from` is where a silence is counted from when no message has come since.
struct cell_state {
  bool armed = true;
  std::optional<core::time_point> true_since;
  std::optional<core::time_point> clear_since;
  std::optional<core::uuid> alert;
  std::optional<core::time_point> count_from;
  std::optional<core::uuid> suppressed_by;
  std::optional<core::time_point> reports_after;  // report_count: earlier ones were dealt with by a close
  std::optional<double> pct;                      // coverage, as last judged
  bool not_reached = false;                       // command_verify: a command has just ended so
  bool event_on = false;                          // event: between `event` and `clear_event`
  template <class A>
  void io(A& a) { a(armed, true_since, clear_since, alert, count_from, suppressed_by, reports_after, pct, not_reached, event_on); }
};

struct cell_key {
  std::string rule;
  std::string subject;
  auto operator<=>(cell_key const&) const = default;
  template <class A>
  void io(A& a) { a(rule, subject); }
};

struct citizen_report {
  std::string id, category, zone;
  core::time_point t;
  template <class A>
  void io(A& a) { a(id, category, zone, t); }
};

struct planned_broadcast {
  std::string id, priority;
  core::time_point at;
  template <class A>
  void io(A& a) { a(id, priority, at); }
};

// All that the engine remembers between two calls, saved with the journal position that it reflects.
struct engine_state {
  core::time_point started;  // silence before a device's first message is counted from here
  bool deaf = false;         // nothing can be heard: no silence is judged
  core::time_point hears_since;
  std::map<std::pair<std::string, std::string>, series_state> series;  // (device, metric)
  std::map<std::string, device_state> devices;
  std::map<cell_key, cell_state> cells;
  std::deque<citizen_report> reports;
  std::vector<planned_broadcast> plans;
  std::map<core::uuid, core::alert> open;
  template <class A>
  void io(A& a) { a(started, deaf, hears_since, series, devices, cells, reports, plans, open); }
};

// What the engine is built from; immutable while it runs.
struct setup {
  std::string unit;
  core::device_list devices;
  std::vector<rule> rules;
  core::policy policy;
  std::map<std::string, std::string> units_of_measure;  // metric without channel -> UCUM
};

}  // namespace ioc::alert
