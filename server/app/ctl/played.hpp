#pragma once
#include "core/severity.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ioc::ctl {

// What came out of a story, in the words of section 8 of tests/scenarios/README.md: names A1, P1, C1, T1 instead of ids, times as
// lengths from t0. Plain values, so that the comparison can be tested without playing anything.
struct played {
  struct alert {
    std::string id, rule, subject;
    core::severity severity = core::severity::info;  // at the raise
    bool verified = true;                            // at the raise
    core::duration raise{0};
    std::optional<core::duration> clear, escalate, forward;
    std::vector<std::string> evidence;  // devices
  };
  struct suppression {
    std::string rule, device;
    core::duration at{0};
    std::string by;  // alert
  };
  struct recommendation {
    std::string id, alert, playbook;
    std::string approver;  // empty = nothing to approve
    core::duration t{0};
  };
  struct target {
    std::string name;
    std::string result;  // empty = not final
    int attempts = 0;
    std::optional<core::duration> final_at;
  };
  struct command {
    std::string id;
    std::string rec;  // empty = scheduled
    std::string name;
    core::arguments args;
    std::string source;
    core::duration t{0};
    std::vector<target> targets;  // in the order of the step
    std::optional<core::duration> final_at() const;  // of the last target; nothing while one is not final
  };
  struct task {
    std::string id, rec, assignee, text;
    core::duration t{0};
  };
  struct refusal {
    core::duration t{0};
    std::string role, action, ref;
  };
  struct forward {
    std::string alert;
    core::duration t{0};
  };
  struct send {  // one attempt at one target
    core::duration t{0};
    std::string command, target, source;
    core::arguments args;
  };
  struct coverage {
    double first_pass = 0, last = 0;
  };

  std::vector<alert> alerts;
  std::vector<suppression> suppressed;
  std::vector<recommendation> recommendations;
  std::vector<command> commands;
  std::vector<task> tasks;
  std::vector<refusal> refused;
  std::vector<forward> forwards;
  std::vector<send> sends;
  std::map<std::string, coverage> coverage_pct;  // by broadcast
  std::optional<int> incident_count;             // absent = the machine keeps no incidents
  std::vector<std::string> notes;                // what the player itself found wrong, e.g. an operator entry whose ref does not exist

  std::vector<std::string> active_at_end() const;
};

}  // namespace ioc::ctl
