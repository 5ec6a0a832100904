#pragma once
#include "core/command.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ioc::core {

enum class step_kind : std::uint8_t { command, task, manual };

// One step of a playbook. `subject` and `missed` are the grammar's special targets.
struct playbook_step {
  step_kind kind = step_kind::manual;
  std::string command;
  std::vector<std::string> targets;
  bool targets_subject = false;
  bool targets_missed = false;
  arguments args;
  bool automatic = false;
  std::optional<failure_task> on_failure;
  std::string assignee;
  localized text;
  template <class A>
  void io(A& a) { a(kind, command, targets, targets_subject, targets_missed, args, automatic, on_failure, assignee, text); }
};

enum class recommendation_state : std::uint8_t { waiting, open, approved, ended, rejected };

// A playbook offered for an alert. `waiting`: its `requires` does not hold yet; nobody is shown it.
// `approver` empty = nothing to approve; `delegated` = the policy gives it to the duty officer.
struct recommendation {
  uuid id;
  std::uint32_t version = 0;
  std::string unit;
  std::string playbook;
  localized title;
  std::string basis;
  uuid alert;
  std::string rule;
  std::string zone;
  std::string subject;
  bool on_clear = false;
  recommendation_state state = recommendation_state::waiting;
  std::string approver;
  bool delegated = false;
  time_point triggered_at;
  std::optional<time_point> recommended_at;
  std::optional<time_point> ended_at;
  std::string ended_by;
  std::vector<playbook_step> steps;
  std::vector<uuid> actions;  // one for each command step, in step order
  template <class A>
  void io(A& a) {
    a(id, version, unit, playbook, title, basis, alert, rule, zone, subject, on_clear, state, approver, delegated, triggered_at,
      recommended_at, ended_at, ended_by, steps, actions);
  }
};

inline std::string_view to_text(recommendation_state s) {
  switch (s) {
    case recommendation_state::waiting: return "waiting";
    case recommendation_state::open: return "open";
    case recommendation_state::approved: return "approved";
    case recommendation_state::rejected: return "rejected";
    case recommendation_state::ended: break;
  }
  return "ended";
}

}  // namespace ioc::core
