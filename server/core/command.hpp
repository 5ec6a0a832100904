#pragma once
#include "core/ids.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ioc::core {

// The life of a command at one target (contract section 5). From `succeeded` on it is final.
enum class target_state : std::uint8_t { proposed, approved, sent, accepted, running, succeeded, failed, rejected, expired, cancelled };
std::string_view to_text(target_state s);
constexpr bool is_final(target_state s) { return s >= target_state::succeeded; }

struct command_target {
  std::string target;
  target_state state = target_state::proposed;
  std::string reason;  // no_reply offline not_reached interlocked quiet_hours, or the device's own word
  int attempts = 0;
  std::optional<time_point> sent_at;
  std::optional<time_point> replied_at;
  std::optional<time_point> deadline;  // of the running attempt
  std::optional<time_point> final_at;
  std::string detail;
  template <class A>
  void io(A& a) { a(target, state, reason, attempts, sent_at, replied_at, deadline, final_at, detail); }
};

enum class action_source : std::uint8_t { approved, automatic, scheduled, manual };
std::string_view to_text(action_source s);  // "approved" "auto" "scheduled" "manual"

struct failure_task {
  std::string assignee;
  std::string text;  // {target} and {reason} are filled in
  template <class A>
  void io(A& a) { a(assignee, text); }
};

// One command with its targets. `id` is made of its recommendation and step (or of the journal position of the request).
struct action {
  uuid id;
  std::uint32_t version = 0;
  std::string unit;
  std::optional<uuid> alert;
  std::optional<uuid> recommendation;
  std::string playbook;
  int step = 0;  // 1-based place in the playbook, 0 = none
  std::string command;
  arguments args;
  std::string text;
  bool drill = false;
  action_source source = action_source::approved;
  std::string approver;  // role
  std::string broadcast;  // id of the planned broadcast that it counts for
  std::optional<time_point> proposed_at;
  std::string proposed_by;
  std::optional<time_point> approved_at;
  std::string approved_by;
  std::string rejected_by;
  std::string reason;
  std::optional<time_point> final_at;
  std::optional<failure_task> on_failure;
  std::vector<command_target> targets;

  bool final() const { return final_at.has_value(); }
  std::string state() const;  // of the whole, as proto/README.md says

  template <class A>
  void io(A& a) {
    a(id, version, unit, alert, recommendation, playbook, step, command, args, text, drill, source, approver, broadcast,
      proposed_at, proposed_by, approved_at, approved_by, rejected_by, reason, final_at, on_failure, targets);
  }
};

// One attempt that has to go out: what the executor publishes once the record of it is synced.
struct command_send {
  std::string unit;
  uuid action;
  uuid id;  // the message's id: the same for every attempt at this target, so a device can drop a repeat
  std::string target;
  int attempt = 1;
  std::string command;
  arguments args;
  bool drill = false;
  time_point issued;
  time_point expires;
};

// A piece of work for a person.
struct task {
  uuid id;
  std::string unit;
  std::optional<uuid> alert;
  std::optional<uuid> recommendation;
  std::optional<uuid> action;
  std::string target;
  std::string assignee;
  std::string text;
  time_point created_at;
  bool done = false;
  template <class A>
  void io(A& a) { a(id, unit, alert, recommendation, action, target, assignee, text, created_at, done); }
};

}  // namespace ioc::core
