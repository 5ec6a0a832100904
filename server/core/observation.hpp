#pragma once
#include "core/ids.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ioc::core {

// One PUBLISH as it was delivered. Views would dangle across the journal's segments, so it owns its bytes.
struct raw_message {
  std::string topic;
  std::string payload;
  std::uint8_t qos = 0;
  bool dup = false;
  bool retain = false;
  time_point arrival;
};

// One canonical value: `metric` is "metric" or "metric/channel" in the canonical unit of config/metrics.yaml.
// `late`: older than the newest of its series on arrival (`overtaken`), or older than max_age; stored; an overtaken one is never the
// current value.
struct reading {
  std::string metric;
  core::value v;
  quality q = quality::good;
  time_point t;
  bool late = false;
  bool overtaken = false;
  template <class A>
  void io(A& a) { a(metric, v, q, t, late, overtaken); }
};

// A thing that happened at a device; the latest event's name is the device's state.
struct device_event {
  std::string name;
  time_point t;
  std::string data;  // JSON text, may be empty
  template <class A>
  void io(A& a) { a(name, t, data); }
};

enum class ack_state : std::uint8_t { accepted, running, succeeded, failed, rejected };

// A device's answer to a command sent to it.
struct command_reply {
  std::string id;
  ack_state state = ack_state::accepted;
  std::string detail;
  time_point t;
  template <class A>
  void io(A& a) { a(id, state, detail, t); }
};

// What perceive makes of one element of one message: everything that one device said at one event time.
// `alive` is false for a retained copy: it restores state and proves no life. `wait`: so long its source puts records in order before
// they are judged (0 = they are judged as they come).
struct observation {
  device_ref device;
  bool claimed = true;
  bool alive = true;
  time_point t;         // event time
  time_point known_at;  // arrival
  bool arrival_time_used = false;
  std::optional<std::uint64_t> seq;
  std::optional<bool> online;  // a status message or will said so
  std::vector<reading> readings;
  std::vector<device_event> events;
  std::vector<command_reply> replies;
  duration wait{0};
  template <class A>
  void io(A& a) { a(device, claimed, alive, t, known_at, arrival_time_used, seq, online, readings, events, replies, wait); }
};

}  // namespace ioc::core
