#pragma once
#include "core/ids.hpp"
#include "core/severity.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ioc::core {

// ISA-18.2 / IEC 62682; closed = cleared and acknowledged.
enum class alert_state : std::uint8_t { active_unacked, active_acked, cleared_unacked, closed };
std::string_view to_text(alert_state s);

enum class subject_kind : std::uint8_t { device, zone, unit, broadcast };
std::string_view to_text(subject_kind k);

struct evidence_reading {
  std::string device;
  std::string metric;
  double v = 0;
  std::string unit_of_measure;
  time_point t;
  quality q = quality::good;
  template <class A>
  void io(A& a) { a(device, metric, v, unit_of_measure, t, q); }
};

// Why an alert was raised: the readings at the raise, the devices it rests on, the member alerts of a combination.
struct alert_evidence {
  std::vector<evidence_reading> readings;
  std::vector<std::string> devices;
  std::vector<uuid> members;
  template <class A>
  void io(A& a) { a(readings, devices, members); }
};

struct comment {
  time_point at;
  std::string by;
  std::string text;
  template <class A>
  void io(A& a) { a(at, by, text); }
};

struct legal_basis {
  std::string text;
  std::string source;
  bool operator==(legal_basis const&) const = default;
  template <class A>
  void io(A& a) { a(text, source); }
};

// One alert, as the contract's section 4 shows it. `id` is made of unit, rule, subject and raised_at, so a replay makes the
// same one. `version` grows with each change; the database keeps the highest. Times are event time but for known_at,
// acked_at, escalated_at (the server's).
struct alert {
  uuid id;
  std::uint32_t version = 0;
  std::string unit;
  std::string rule;
  localized title;
  std::string subject;
  subject_kind kind = subject_kind::device;
  std::string zone;    // a device's zone, or the subject itself; "*" for unit and broadcast
  std::string device;  // empty where the subject is no device
  std::string metric;
  core::severity severity = core::severity::info;
  alert_state state = alert_state::active_unacked;
  std::optional<double> value;
  std::optional<double> threshold;
  std::string unit_of_measure;
  bool verified = true;
  bool retrospective = false;
  time_point raised_at;
  time_point known_at;
  std::optional<time_point> cleared_at;
  std::optional<time_point> acked_at;
  std::string acked_by;
  std::string assigned_to;
  std::optional<time_point> ack_due;
  std::optional<time_point> escalated_at;
  std::string escalated_to;
  std::uint32_t occurrences = 1;
  std::string close_reason;
  std::string suppressed_by;  // empty = not suppressed; else the id of the alert that explains it
  alert_evidence evidence;
  std::optional<legal_basis> basis;
  std::vector<comment> comments;

  bool active() const { return state == alert_state::active_unacked || state == alert_state::active_acked; }
  bool open() const { return state != alert_state::closed; }
  bool acked() const { return acked_at.has_value(); }

  template <class A>
  void io(A& a) {
    a(id, version, unit, rule, title, subject, kind, zone, device, metric, severity, state, value, threshold, unit_of_measure,
      verified, retrospective, raised_at, known_at, cleared_at, acked_at, acked_by, assigned_to, ack_due, escalated_at,
      escalated_to, occurrences, close_reason, suppressed_by, evidence, basis, comments);
  }
};

enum class alert_event : std::uint8_t { raised, verified, acked, escalated, cleared, closed, commented, suppressed };
std::string_view to_text(alert_event e);

// What happened to an alert, with the alert as it is after it.
struct alert_change {
  alert_event what = alert_event::raised;
  time_point at;
  std::string by;  // user, or empty for the engine
  core::alert alert;
};

}  // namespace ioc::core
