#pragma once
#include "alert/conditions.hpp"
#include "alert/rule.hpp"
#include "alert/state.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ioc::alert {

// A stale alert that was due while the device's parent was silent, too: recorded, never active.
struct suppression {
  std::string rule;
  std::string device;
  core::time_point at;  // when it was due
  core::uuid by;        // the parent's alert
};

struct changes {
  std::vector<core::alert_change> alerts;
  std::vector<suppression> suppressed;
  bool empty() const { return alerts.empty() && suppressed.empty(); }
};

// An alert that no rule of the commune raises but the server itself; `rule` starts with "system.".
struct own_alert {
  std::string rule;
  core::localized title;
  std::string subject;
  core::severity severity = core::severity::warning;
};

enum class refusal : std::uint8_t { none, unknown, illegal };

// Judges the rules of one unit. A function of state, input and time: it reads no clock and gives the same changes for the same
// calls. Owned by the pipeline's thread. Use: tell it the facts of one instant (`sample`, `message`, `event`, …), then `judge` the
// instant; let `advance` fire what is due by the server's clock. Evaluation: tests/scenarios/README.md sections 3 to 5.
class engine {
 public:
  explicit engine(setup s, core::time_point started);
  engine(engine const&) = delete;
  engine& operator=(engine const&) = delete;

  // --- facts; they change no alert until the next judge ---
  // A sample of an event time not older than the series' latest. Timers of the rules that read this series and are due earlier
  // fire first, since their condition held until now. `late`: it was history when it came; an alert that rests on such samples
  // alone is retrospective until a newer one confirms it.
  void sample(std::string const& device, std::string const& metric, core::time_point t, double v, core::quality q, core::time_point known, changes& out,
              bool late = false);
  void message(std::string const& device, core::time_point t);  // any sign of life
  void event(std::string const& device, std::string const& name, core::time_point t, bool late = false);
  // The device's records come to this engine so much later than their event time, because they are put in order first: timers that rest
  // on them fire so much later, for the same instant.
  void waits(std::string const& device, core::duration wait);
  bool any_waits() const { return state_.longest_wait > core::duration{0}; }
  // The broker's connection went, or came back: silence is judged only where it could have been heard. `rejoin`: messages may have been
  // lost meanwhile, or devices had to reconnect themselves; each first gets the time that it needs (core::device::rejoin).
  void deaf();
  void hears(core::time_point t, bool rejoin);
  void report(citizen_report r);
  void plan(planned_broadcast p);
  void coverage(std::string const& broadcast, double pct);
  void not_reached(std::string const& rule, std::string const& device);

  // --- judging ---
  // The rules that the facts since the last call touch, at event time `t`; with `timers` also what is due at or before t.
  void judge(core::time_point t, core::time_point known, bool timers, changes& out);
  // Fires every timer due at or before `until`, each at its own time, in order.
  void advance(core::time_point until, core::time_point known, changes& out);
  // Acknowledgement limits that have passed at t.
  void limits(core::time_point t, changes& out);
  std::optional<core::time_point> next_due() const;        // rules
  std::optional<core::time_point> next_limit() const;      // acknowledgement limits

  // --- people ---
  refusal ack(core::uuid id, std::string const& by, core::time_point at, changes& out);
  refusal close(core::uuid id, std::string const& by, std::string const& reason, core::time_point at, changes& out);
  refusal comment(core::uuid id, std::string const& by, std::string const& text, core::time_point at, changes& out);

  // --- what the server itself finds wrong ---
  // An alert of none of the commune's rules (`rule` starts with "system."), closed by hand or by whoever ends its cause. One active at a
  // time for each rule and subject.
  void raise_own(own_alert const& wanted, core::time_point t, changes& out);
  // The active one is called `title` from now on, with a comment.
  void note_own(std::string const& rule, std::string const& subject, core::localized const& title, std::string const& by, std::string const& text,
                core::time_point t, changes& out);
  void clear_own(std::string const& rule, std::string const& subject, std::string const& by, core::time_point t, changes& out);

  // --- what history tells (see history.hpp) ---
  // Takes over a retrospective alert. Where its rule has an open alert on this subject that is active or newer, it closes into that one.
  void adopt(core::alert a, changes& out);
  void end_history(core::uuid id, core::time_point at, changes& out);

  // --- what others ask ---
  core::alert const* find(core::uuid id) const;
  core::alert const* active(std::string const& rule, std::string const& subject) const;
  bool any_active(std::string const& rule, std::string const& zone) const;
  bool offline(std::string const& device) const;  // an active or suppressed stale alert
  std::optional<double> latest(std::string const& device, std::string const& metric) const;
  std::string const& state_of(std::string const& device) const;  // name of the latest event, or empty
  rule const* find_rule(std::string const& id) const;
  setup const& config() const { return setup_; }
  std::map<core::uuid, core::alert> const& open() const { return state_.open; }

  // --- saved state ---
  engine_state const& state() const { return state_; }
  // Other devices, and rules that select others: what stays keeps its state and alerts; what goes is closed at the next judge; the
  // silence of a new device is counted from `now`. Judge before and after it.
  void reload(core::device_list devices, std::vector<rule> rules, core::time_point now);
  // Takes over a saved state: cells of rules that are gone are dropped, their alerts closed at the next judge.
  void restore(engine_state s);

 private:
  core::alert* own(std::string const& rule, std::string const& subject);
  struct cell {
    rule const* r = nullptr;
    std::string subject;
    int subject_order = 0;
    int depth = 0;      // of the device in the parent tree
    bool gate = false;  // others name its rule in quality_gate
    bool dirty = false;
    cell_state* s = nullptr;
    series_state const* own = nullptr;           // its subject's series
    std::vector<series_state const*> peers;
    device_state const* device = nullptr;        // its subject, for stale and event
    std::optional<core::time_point> due;   // in event time
    std::optional<core::time_point> fires;  // when the server's clock says so: `due` + what its device's records wait
  };
  // What a device's messages touch, found by one look-up.
  struct reader {
    std::string metric;
    series_state* s = nullptr;
    core::duration keep{0};  // the longest window
    std::vector<std::size_t> cells;
  };
  struct device_io {
    device_state* state = nullptr;
    std::vector<reader> readers;
    std::vector<std::size_t> listeners;  // stale and event cells
  };
  device_io& io_of(std::string const& device);
  device_io const* find_io(std::string const& device) const;

  void build();
  std::size_t cell_of(rule const& r, std::string const& subject);
  void mark(std::size_t i) {
    if (std::exchange(cells_[i].dirty, true)) return;
    dirty_.push_back(i);
  }
  void set_due(std::size_t i, core::time_point now);
  core::duration wait_of(cell const& c) const;
  std::optional<core::time_point> due_of(cell const& c, core::time_point now) const;

  core::time_point silent_at(cell const& c) const;
  verdict evaluate(cell const& c, core::time_point t) const;
  verdict evaluate_derived(cell const& c, core::time_point t) const;
  std::vector<core::alert const*> members(cell const& c) const;
  void step(std::size_t i, core::time_point t, core::time_point known, changes& out);
  bool step_derived(core::time_point t, core::time_point known, changes& out);
  void raise(cell& c, std::optional<double> value, core::time_point t, core::time_point known, changes& out);
  void clear(cell& c, core::time_point t, changes& out);
  void absorb_earlier(core::alert& a, changes& out);
  bool rests_on_history(cell const& c) const;
  void confirm(cell& c, core::time_point t, core::time_point known, changes& out);
  void release_children(std::string const& device, core::time_point t);
  void forget(core::uuid id);
  void emit(core::alert& a, core::alert_event what, core::time_point at, std::string const& by, changes& out);
  void start_limit(core::alert& a, core::time_point from);
  core::alert const* active_stale(std::string const& device) const;
  void verify_gated(core::time_point t, changes& out);
  void close_orphans(core::time_point t, changes& out);
  core::alert_evidence evidence_of(cell const& c) const;
  void add_reading(core::alert_evidence& e, std::string const& device, std::string const& metric) const;
  std::string zone_of(cell const& c) const;
  void run(std::vector<std::size_t>& cells, core::time_point t, core::time_point known, changes& out);

  setup setup_;
  engine_state state_;
  std::unordered_map<std::string, std::size_t> rule_index_;
  std::unordered_map<std::string, std::size_t> device_index_;
  std::vector<std::string> zones_;  // in order of first use
  std::vector<cell> cells_;
  std::map<cell_key, std::size_t> cell_index_;
  std::unordered_map<std::string, device_io> io_;  // by device
  device_io* last_io_ = nullptr;                    // of the device that spoke last: readings of one message come together
  std::string last_device_;
  std::vector<std::size_t> derived_;  // cells of combining rules, in order
  std::set<std::pair<core::time_point, std::size_t>> dues_;
  std::set<std::pair<core::time_point, core::uuid>> limits_;
  std::vector<std::size_t> dirty_, now_;
  std::set<std::string> gates_;  // deviation rules that others name in quality_gate
  std::vector<core::uuid> orphans_;  // alerts of rules that a reload took away
  bool alerts_changed_ = false;
};

}  // namespace ioc::alert
