#pragma once
#include "core/ids.hpp"
#include "core/time.hpp"
#include "core/value.hpp"
#include "pipeline/device_registry.hpp"

#include <string>
#include <vector>

namespace ioc::pipeline {

enum class operation_kind : std::uint8_t {
  ack, close, comment, approve_recommendation, reject_recommendation, approve_action, reject_action, propose_action, change_registry
};

// What a person does. It comes through the journal like any message, so its order against them is fixed for ever.
// `id` names the alert, recommendation or action; for propose_action it is the new action's own id.
struct operation {
  operation_kind kind = operation_kind::ack;
  core::uuid id;
  std::string unit;
  std::string by;
  std::string role;
  std::string text;  // reason, comment, text of the message
  // propose_action only
  std::string alert;
  std::string command;
  std::vector<std::string> targets;
  core::arguments args;
  bool drill = false;
  // change_registry only; `unit` is then where the person belongs
  std::vector<registry_change> changes;
  bool all_or_nothing = false;
  core::time_point at;
};

enum class operation_result : std::uint8_t {
  done,
  not_found,    // no such thing in this unit
  illegal,      // its state forbids it
  not_allowed,  // this role, or this person, may not
  interlocked,  // an interlock forbids the command now; recorded
};

}  // namespace ioc::pipeline
