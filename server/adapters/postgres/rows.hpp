#pragma once
#include "adapters/postgres/layout.hpp"
#include "core/time.hpp"
#include "core/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ioc::postgres {

// What a batch may hold. Texts need not be clean: bytes that PostgreSQL cannot hold (NUL, broken UTF-8) become U+FFFD.
// `doc`, `data`, `detail` are JSON texts; an empty optional text is stored as null.

// One value of a row of readings. A late one is older than the newest of its series on arrival.
struct reading_value {
  core::value v;
  core::quality q = core::quality::good;
  bool late = false;

  template <class A>
  void io(A& a) { a(v, q, late); }
};

// What a device said of its metrics at one time: as many values as the layout has metrics. Append-only: written once for the
// journal position of its batch. A `t` outside 2000-01-01 .. 2100-01-01 is no device's real time: such a row is filed under its
// known_at (writer::retimed() counts them).
struct reading_row {
  std::string unit, device;
  core::time_point t, known_at;
  std::optional<std::uint64_t> seq;  // beyond 2^63 it wraps in the table; only its identity matters
  layout_ptr layout;                 // never null in a batch
  std::vector<reading_value> values;

  template <class A>
  void io(A& a) { a(unit, device, t, known_at, seq, values); }  // all but the layout: see spill.cpp
};

struct event_row {
  std::string unit, device;
  core::time_point t, known_at;
  std::string name;
  std::string data;

  template <class A>
  void io(A& a) { a(unit, device, t, known_at, name, data); }
};

// Recognised by (position, part): writing it again changes nothing. `part` = number of the record in its batch from 1, 0 = the whole
// message. `payload` is cut to its first 4 KiB.
struct rejected_row {
  std::uint64_t position = 0;
  int part = 0;
  core::time_point received_at;
  std::string topic, payload, reason, source, unit;

  template <class A>
  void io(A& a) { a(position, part, received_at, topic, payload, reason, source, unit); }
};

// Recognised by (kind, id); only a higher version replaces. `id` and `alert` are UUID texts, `alert` may be empty.
struct object_row {
  std::string kind, id, unit;
  std::uint32_t version = 0;
  std::string state;
  std::optional<int> severity;
  std::string rule, subject, device;
  core::time_point at;
  std::string alert;
  bool open = true;
  std::string doc;

  template <class A>
  void io(A& a) { a(kind, id, unit, version, state, severity, rule, subject, device, at, alert, open, doc); }
};

// Recognised by (kind, id, version, what).
struct log_row {
  std::string kind, id;
  std::uint32_t version = 0;
  core::time_point at;
  std::string what, by, detail;

  template <class A>
  void io(A& a) { a(kind, id, version, at, what, by, detail); }
};

// Recognised by (unit, device); an older `seen` does not replace.
struct device_row {
  std::string unit, device, doc;
  core::time_point seen;

  template <class A>
  void io(A& a) { a(unit, device, doc, seen); }
};

// Recognised by (unit, device); the later one stands. `doc` empty = nothing differs from the configuration any more: the row goes.
struct registry_row {
  std::string unit, device, doc;
};

// State of the engines as it was when everything up to `position` had been worked in. `bytes` is opaque here.
struct engine_snapshot {
  std::uint64_t position = 0;
  int format = 0;
  std::string bytes;
};

// Everything that journal records up to and with `position` led to, since the batch before. Positions count from 1.
// A batch without readings and events may repeat the position before it (a timer fired between two records).
struct batch {
  std::uint64_t position = 0;
  std::string ledger_json;
  std::vector<reading_row> readings;
  std::vector<event_row> events;
  std::vector<rejected_row> rejected;
  std::vector<object_row> objects;
  std::vector<log_row> log;
  std::vector<device_row> devices;
  std::vector<registry_row> registry;
  std::optional<engine_snapshot> snapshot;
};

// Memory a batch holds, roughly; what the writer's queue is bounded by.
std::size_t bytes_of(batch const& b);

}  // namespace ioc::postgres
