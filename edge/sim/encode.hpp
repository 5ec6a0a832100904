#pragma once
#include "sim/device.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ioc::sim {

struct message {
  std::string topic;
  std::string payload;
  bool retain = false;
};

// One value of one quantity, under the story's name for it (level, v_a, person_count …).
struct sample {
  std::string metric;
  double value = 0;
};

// Turns what a device senses into the bytes that a device of its make would send. Pure apart from the counters that real
// devices have too (seq, fCnt). Times are epoch milliseconds and stand in every payload whose dialect has a place for one.
// One encoder a device; not shared between threads.
class encoder {
 public:
  explicit encoder(device d) : device_(std::move(d)) {}

  // All that the device sensed at one instant: one message for each dialect that it needs.
  std::vector<message> samples(std::vector<sample> const& values, std::int64_t ms);
  // The smallest truthful message that says: I am here.
  message heartbeat(std::int64_t ms);
  // The dialect's own form where it has one (cabinet_opened, covered …), else a native event.
  message event(std::string const& name, std::int64_t ms);
  // A device's answer to a command; native for all, as the contract has it. `state` = accepted, succeeded, failed …
  message ack(std::string const& command_id, std::string const& state, std::string const& detail, std::int64_t ms) const;

  device const& of() const { return device_; }

 private:
  std::string native_topic(char const* kind) const;
  std::string bridged(std::string const& vendor_topic) const;
  message native(std::vector<sample> const& values, std::int64_t ms);
  message uplink(std::vector<sample> const& values, std::int64_t ms);
  message notify_status(std::vector<sample> const& values, std::int64_t ms);
  message zigbee(std::vector<sample> const& values, std::int64_t ms, std::optional<bool> contact);

  device device_;
  std::uint64_t seq_ = 0;
  std::uint32_t frames_ = 0;
};

inline constexpr char const* gateway = "gw-sim";

// "2027-07-24T16:50:00.000000000+00:00", as ChirpStack writes times.
std::string iso_nanoseconds(std::int64_t ms);
// "2027-07-24T16:50:00.000Z"
std::string iso(std::int64_t ms);

}  // namespace ioc::sim
