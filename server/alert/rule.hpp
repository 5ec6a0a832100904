#pragma once
#include "core/alert.hpp"
#include "core/severity.hpp"
#include "core/time.hpp"
#include "core/unit.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ioc::alert {

// The thirteen rule types. Their exact evaluation is that of tests/scenarios/README.md section 4.
enum class rule_type : std::uint8_t {
  threshold, sum, rate, deviation, flatline, stale, event, report_count, count_active, zone_count, correlate, coverage, command_verify
};
std::string_view to_text(rule_type t);
std::optional<rule_type> rule_type_from(std::string_view text);

struct clear_condition {
  core::comparison op = core::comparison::lt;
  double value = 0;
  core::duration hold{0};
};

// A planned broadcast of this priority within `within` ahead (count_active only).
struct broadcast_requirement {
  std::string priority;
  core::duration within{0};
};

// A series of another device: "WL-02/level" is device WL-02, metric level.
struct series_ref {
  std::string device;
  std::string metric;
  auto operator<=>(series_ref const&) const = default;
};

// Devices by what they are rather than by name; an empty member asks nothing. What fits changes with the registry.
struct selector {
  std::string type, zone, tag;
  bool fits(core::device const& d) const;
};

// One rule of one unit, as loaded and checked: names are resolved, metrics canonical. Which members count depends on `type`;
// the loader refuses a key that the type does not know. `order` = place in the unit's rules, which decides names and the order
// of work inside an instant. Immutable after loading.
struct rule {
  std::string id;
  rule_type type = rule_type::threshold;
  core::severity severity = core::severity::info;
  int order = 0;
  core::localized title;
  core::localized label;  // short name on a threshold line: "BĐ3"
  std::optional<core::legal_basis> basis;

  std::optional<selector> select;  // then `devices` is what it found, in the order of the registry
  std::vector<std::string> devices;
  std::string metric;
  core::comparison op = core::comparison::ge;
  double value = 0;
  core::duration hold{0};
  core::duration window{0};  // sum, rate, flatline, report_count, zone_count
  std::optional<clear_condition> clear;
  std::string quality_gate;       // id of a deviation rule
  std::vector<series_ref> peers;  // deviation
  std::string sets_quality;       // deviation
  int min_samples = 0;            // flatline
  double max_span = 0;            // flatline
  core::duration timeout{0};      // stale
  std::string event, clear_event;
  std::string category, zone;  // report_count
  int min_count = 0;           // report_count
  std::vector<std::string> of;  // count_active (one), zone_count
  int ge = 0;
  std::optional<broadcast_requirement> requires_broadcast;
  std::vector<std::string> all_of;  // correlate
  core::duration within{0};         // correlate, command_verify
  bool latch = false;
  double lt_pct = 0;    // coverage
  std::string command;  // command_verify

  bool by_device() const { return type <= rule_type::event; }
  bool closes_by_hand() const {
    return type == rule_type::report_count || (type == rule_type::event && clear_event.empty()) || (type == rule_type::correlate && latch);
  }
};

}  // namespace ioc::alert
