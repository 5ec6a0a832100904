#pragma once
#include "core/severity.hpp"
#include "core/time.hpp"
#include "core/value.hpp"
#include "pipeline/unit_config.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ioc::config {

// A story of tests/scenarios as data (grammar: the README there). All times are lengths from t0. Values only: whoever loads one
// owns it; nothing here reads a clock or a file.

namespace entry {

struct series {
  std::string device, metric;
  core::duration start{0}, step{0};
  std::vector<double> values;
};
struct telemetry {
  core::duration t{0};
  std::string device, metric;
  double value = 0;
};
struct heartbeat {
  std::string device;
  core::duration from{0}, to{0}, step{0};
};
struct event {
  core::duration t{0};
  std::string device, name;
};
struct bulletin {
  core::duration t{0};
  std::string source, hazard, level, text;
};
struct citizen_report {
  core::duration t{0};
  std::string id, category, zone, text;
};
struct link {
  core::duration t{0};
  std::string name;
  bool up = true;
};
struct schedule {
  core::duration t{0};
  std::string id;
  core::duration at{0};
  std::string command;
  std::vector<std::string> targets;
  std::string priority, approved_by, text;
};
enum class operator_action : std::uint8_t { ack, resolve, note, approve, calibrate };
struct operator_input {
  core::duration t{0};
  std::string role;
  operator_action action = operator_action::ack;
  std::string ref;  // A1, P1 or a device
  std::string text;
};
enum class reply_result : std::uint8_t { ok, error, none };
// From the ok reply on the target's metric moves in a straight line to `ramp_to`, a sample every 10 s and one at the end.
struct reply_effect {
  std::string metric;
  double ramp_to = 0;
  core::duration over{0};
};
struct device_reply {
  std::string command, target;
  reply_result result = reply_result::none;
  core::duration after{0};
  std::string reason;
  std::optional<reply_effect> effect;
};

}  // namespace entry

using timeline_entry = std::variant<entry::series, entry::telemetry, entry::heartbeat, entry::event, entry::bulletin, entry::citizen_report,
                                    entry::link, entry::schedule, entry::operator_input, entry::device_reply>;

// What must come out; section 8 says how each member is compared.
namespace expect {

struct alert {
  std::string id, rule, subject;
  core::severity severity = core::severity::info;
  core::duration raise{0};
  std::optional<core::duration> clear;  // none = still active at the end
  std::optional<core::duration> escalate;
  std::optional<core::duration> forward_by;
  bool verified = true;
};
struct suppressed {
  std::string rule, device;
  core::duration at{0};
  std::string by;  // alert
};
struct recommendation {
  std::string id, alert, playbook;
  std::string approver;  // empty = nothing to approve
  core::duration not_before{0}, by{0};
};
struct command {
  std::string id;
  std::string rec;  // empty = scheduled
  std::string name;
  std::vector<std::string> targets;
  core::arguments args;
  std::string source;
  core::duration not_before{0}, issue_by{0};
  std::map<std::string, std::string> result;  // target -> word
  std::map<std::string, int> attempts;        // targets whose number is not the usual one
  std::optional<core::duration> final_by;
};
struct task {
  std::string id, rec, assignee, text;
  core::duration not_before{0}, by{0};
};
struct refused {
  core::duration t{0};
  std::string role, action, ref;
};
enum class check_kind : std::uint8_t { raise, send, result, forward, recommend, evidence, always, review };
// A filter is a list of patterns, `*` stands for any text; absent = everything fits.
struct must_not {
  check_kind check = check_kind::always;
  std::map<std::string, std::vector<std::string>> filters;
  std::optional<core::duration> from, before;  // [from, before)
  std::optional<core::arguments> except_args;
  std::optional<bool> verified;
  std::string while_active;
  std::string note;
};
struct coverage {
  std::optional<double> first_pass, last;
};
struct final_state {
  std::optional<std::vector<std::string>> active;
  std::optional<int> province_alert_count, incident_count;
  std::map<std::string, coverage> coverage_pct;
};

}  // namespace expect

struct expectations {
  core::duration tolerance{0};
  std::vector<expect::alert> alerts;
  std::vector<expect::suppressed> suppressed;
  std::vector<expect::recommendation> recommendations;
  std::vector<expect::command> commands;
  std::vector<expect::task> tasks;
  std::vector<expect::refused> refused;
  std::vector<expect::must_not> must_not;
  expect::final_state final;
};

struct scenario {
  std::string id;
  core::localized title;
  std::string season;
  std::string province;  // code
  core::time_point t0;
  core::duration duration{0};
  pipeline::unit_config config;
  std::vector<timeline_entry> timeline;  // in file order
  expectations expected;
};

std::string_view to_text(entry::operator_action a);
std::string_view to_text(expect::check_kind k);

}  // namespace ioc::config
