#pragma once
#include "act/actor.hpp"
#include "advise/adviser.hpp"
#include "alert/engine.hpp"
#include "alert/history.hpp"
#include "core/observation.hpp"
#include "pipeline/operation.hpp"
#include "pipeline/unit_config.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ioc::pipeline {

// All that one instant brought about, in the order in which it came about.
struct outcomes {
  alert::changes alerts;
  std::vector<core::recommendation> recommendations;
  act::effects acts;
  outcomes& operator+=(outcomes&& later);
  bool empty() const { return alerts.empty() && recommendations.empty() && acts.actions.empty() && acts.sends.empty() && acts.tasks.empty(); }
};

// A command that people have planned ahead.
struct planned_command {
  std::string id;
  core::time_point at;
  std::string command;
  std::vector<std::string> targets;
  std::string priority;
  std::string approved_by;
  std::string text;
  template <class A>
  void io(A& a) { a(id, at, command, targets, priority, approved_by, text); }
};

// One commune: where alert, advise and act meet. A function of state, input and time; reads no clock, does no I/O. Owned by the
// pipeline's thread. An instant is: facts, then `judge`, then what people did (`operate`), then `conclude`; `tick` plays the
// instants at which timers are due. The order inside an instant is that of tests/scenarios/README.md section 3.
class unit_machine final : private advise::world, private act::surroundings {
 public:
  unit_machine(unit_config config, core::time_point started);

  // The registry has changed: these are the unit's devices now. Between two instants; conclude() comes next.
  void use(core::device_list devices, core::time_point now);

  // --- facts ---
  void observe(core::observation const& o, core::time_point now, outcomes& out);
  void report(alert::citizen_report r) { engine_.report(std::move(r)); }
  void plan(planned_command p);
  // A publisher has been above its quota for too long.
  void flooded(std::string const& publisher, core::time_point now, outcomes& out);
  void deaf() { engine_.deaf(); }
  void hears(core::time_point t, bool rejoin) { engine_.hears(t, rejoin); }

  // --- an instant: event time t, the server's time `now` ---
  void judge(core::time_point t, core::time_point now, bool timers, outcomes& out);
  operation_result operate(operation const& op, core::time_point now, outcomes& out);
  void conclude(core::time_point t, core::time_point now, bool timers, outcomes& out);
  void tick(core::time_point now, outcomes& out);
  std::optional<core::time_point> next_due() const;

  void prune(core::time_point before);
  alert::engine const& alerts() const { return engine_; }
  advise::adviser const& advice() const { return adviser_; }
  act::actor const& acts() const { return actor_; }
  unit_config const& config() const { return config_; }
  bool may_approve(core::uuid recommendation, std::string const& role) const { return adviser_.may_approve(recommendation, role) == advise::approval::granted; }
  // Why a command would not go out to this target now: "offline", "interlocked", "quiet_hours", or nothing.
  std::string obstacle(std::string const& command, std::string const& target, core::time_point now) const;

  struct saved_state {
    alert::engine_state alerts;
    advise::adviser::state advice;
    act::actor::state acts;
    std::map<std::pair<std::string, std::string>, std::pair<core::time_point, double>> latest;
    std::vector<planned_command> planned;
    alert::history::saved history;
    template <class A>
    void io(A& a) { a(alerts, advice, acts, latest, planned, history); }
  };
  saved_state save() const;
  void restore(saved_state s);

 private:
  bool offline(std::string const& target) const override { return engine_.offline(target); }
  std::optional<double> latest(std::string const& device, std::string const& metric) const override;
  std::string const& state_of(std::string const& device) const override { return engine_.state_of(device); }
  bool alert_active(core::uuid id) const override;
  bool rule_active(std::string const& rule, std::string const& zone) const override { return engine_.any_active(rule, zone); }
  std::vector<std::string> missed(std::string const& broadcast) const override { return actor_.missed(broadcast); }

  void pass_on(core::time_point t, outcomes& out);  // act's results to the rules, alert changes to the adviser
  void recommend(core::recommendation& r, core::time_point now, outcomes& out);
  operation_result approve(operation const& op, core::time_point now, outcomes& out);
  operation_result approve_one(operation const& op, core::time_point now, outcomes& out);
  void complete(core::uuid recommendation, std::string const& by, core::time_point now, outcomes& out);

  unit_config config_;
  std::vector<std::vector<std::string>> named_;  // the devices that each rule names; what one selects is found anew
  alert::engine engine_;
  alert::history history_;
  advise::adviser adviser_;
  act::actor actor_;
  std::map<std::pair<std::string, std::string>, std::pair<core::time_point, double>> latest_;  // of what is asked for
  std::vector<std::string> asked_for_;  // metrics that a playbook's `requires` or a command_verify rule reads
  std::vector<planned_command> planned_;
  std::size_t heard_ = 0, covered_ = 0, positions_ = 0;  // how much of the running outcomes has been passed on
};

}  // namespace ioc::pipeline
