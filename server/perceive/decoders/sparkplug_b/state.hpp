#pragma once
#include "core/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace ioc::perceive::sparkplug {

// What a birth says of one metric, with what we make of it: later messages carry an alias and a number, nothing else.
struct declared_metric {
  std::uint32_t type = 0;
  std::string metric;  // ours; empty = not a reading (Node Control/…, bdSeq)
  std::string unit;    // UCUM, as the device counts; converted on the way out
  bool inverted = false;

  template <class A>
  void io(A& a) {
    a(type, metric, unit, inverted);
  }
};

// The node itself (under the empty name) or one of its devices. It stays known after its death: a node's death names no device.
struct device_session {
  bool born = false;
  std::map<std::string, declared_metric, std::less<>> metrics;  // by their name

  template <class A>
  void io(A& a) {
    a(born, metrics);
  }
};

// Which metric an alias stands for. An empty name: two metrics were born with this alias.
struct alias_binding {
  std::string device;
  std::string name;

  template <class A>
  void io(A& a) {
    a(device, name);
  }
};

// One edge node. `unsure`: the host's connection was gone since the last message, so births and deaths may have been missed; its next
// `seq` shows whether. `missing`: numbers of an open gap that may still come in. `wanted`: when a rebirth has to be asked for;
// `from_gap` = no longer once the gap is filled. `asked` counts requests without a birth in answer.
struct node_session {
  bool born = false;
  bool unsure = false;
  std::optional<std::uint64_t> bd_seq;
  std::uint32_t next_seq = 0;
  std::uint64_t last_content = 0;
  std::map<std::string, device_session, std::less<>> devices;
  std::map<std::uint64_t, alias_binding> aliases;
  std::set<std::uint32_t> missing;
  std::optional<core::time_point> wanted;
  bool from_gap = false;
  std::string why;
  std::optional<core::time_point> asked_at;
  std::uint32_t asked = 0;

  template <class A>
  void io(A& a) {
    a(born, unsure, bd_seq, next_seq, last_content, devices, aliases, missing, wanted, from_gap, why, asked_at, asked);
  }
};

// All edge nodes that one source hears, by "group/node". Part of the dialect's memory, so it is saved and replayed with the hearer's
// state, and it depends on nothing but the messages and their times. Owner: the pipeline's thread.
struct session_state {
  static constexpr std::size_t max_nodes = 10'000;
  static constexpr std::size_t max_devices = 10'000;  // of one node
  static constexpr std::size_t max_metrics = 200'000;  // of all nodes

  std::map<std::string, node_session, std::less<>> nodes;
  std::set<std::pair<core::time_point, std::string>> waiting;  // wanted → node
  std::size_t metrics = 0;

  template <class A>
  void io(A& a) {
    a(nodes, waiting, metrics);
  }
};

}  // namespace ioc::perceive::sparkplug
