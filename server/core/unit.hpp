#pragma once
#include "core/severity.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ioc::core {

// A place inside a commune that people name: a village, a stream side, a market.
struct zone {
  std::string id;
  localized name;
};

// A registered device. Positions in degrees (WGS 84), absent where not surveyed.
// `expected_interval` = the pace at which it normally speaks (its model's, or its own).
struct device {
  std::string unit;
  std::string id;
  localized name;
  std::string type;
  std::string zone;
  std::string model;
  std::string native;  // name in its own dialect (devEui, topic prefix, friendly name); empty = `id`
  std::vector<std::string> natives;  // further ones; "gateway/native" counts only for what comes over that gateway
  std::string parent;  // network dependency: a device of the same unit
  std::optional<double> lat, lon;
  std::optional<double> coverage_m;
  std::optional<duration> expected_interval;
  duration rejoin{0};  // how long it may take to be heard again after we were away; derived from its model
  std::vector<std::string> tags;
  std::map<std::string, double> calibration;  // e.g. mounting_height (m)
  bool receipts = false;  // keeps its records until a `receipt` says that they are stored

  bool operator==(device const&) const = default;
  template <class A>
  void io(A& a) {
    a(unit, id, name, type, zone, model, native, natives, parent, lat, lon, coverage_m, expected_interval, tags, calibration, receipts);
  }
};

// Forbids `command` while the latest event of `device` is `state`.
struct interlock {
  std::string command;
  std::string device;
  std::string state;
};

// Local time of day [from, to) in Asia/Ho_Chi_Minh, may pass midnight.
struct quiet_hours {
  std::chrono::minutes from{0};
  std::chrono::minutes to{0};
  bool contains(time_point t) const;
};

// What a unit decides for itself: limits, delegation, quiet hours. Source: config/policy/, or a scenario's `policy`.
struct policy {
  std::map<severity, duration> ack_limit;
  std::string escalate_to;
  std::set<severity> forward_to_province;
  duration forward_within{0};
  duration backlog_within{0};
  duration command_timeout = std::chrono::seconds{15};
  int command_retries = 2;
  std::optional<quiet_hours> quiet;
  std::set<std::string> delegated_to_duty_officer;  // playbooks
  std::vector<std::string> auto_commands;           // "name" or "name:value"
  std::vector<interlock> interlocks;
  bool dependency_suppression = false;
  std::optional<severity> bad_quality_cap;
};

struct unit {
  std::string code;
  localized name;
  std::string kind;    // "commune" or "province"
  std::string parent;  // code, empty at the root
  std::vector<zone> zones;
  // The code stands for this place from `valid_from` (included) to `valid_to` (not included): communes are merged and renamed.
  std::optional<time_point> valid_from, valid_to;
};

// Vietnam is UTC+7 all year; no daylight saving time since 1975.
inline constexpr std::chrono::hours local_offset{7};

inline bool quiet_hours::contains(time_point t) const {
  using namespace std::chrono;
  auto const local = t + local_offset;
  auto const of_day = floor<minutes>(local - floor<days>(local));
  return from <= to ? (of_day >= from && of_day < to) : (of_day >= from || of_day < to);
}

}  // namespace ioc::core
