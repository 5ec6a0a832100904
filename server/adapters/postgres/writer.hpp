#pragma once
#include "adapters/postgres/options.hpp"
#include "adapters/postgres/rows.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ioc::postgres {

// Where a start goes on: everything of the journal up to `position` is in the database (0 = nothing yet).
struct start_state {
  std::uint64_t position = 0;
  std::string ledger_json;  // empty = none saved yet
  std::optional<engine_snapshot> snapshot;
};

// Told from the writer's thread. `on_state`: the database came (true) or went (false, why). `on_fatal`: another process
// has written this database meanwhile; this one never writes again and should stop. `on_warning`: for the log only.
// `before_commit`: whatever else must be on disk before the database holds this position; the transaction begins when it returns,
// and is tried again later when it throws. None of them may call stop() or drain(): they run on the thread that these wait for.
struct writer_events {
  std::function<void(bool up, std::string why)> on_state;
  std::function<void(std::string why)> on_fatal;
  std::function<void(std::string what)> on_warning;
  std::function<void(std::uint64_t position)> before_commit;
};

// Writes batches, with the journal position they reach, each group in one transaction: rows and position appear together
// or not at all. One thread of its own, one connection that holds a session advisory lock, so a database has one writer.
// While the database is away it tries again for ever (0.1 s growing to 5 s); batches wait in memory, then on disk. Between
// batches it makes the roll-ups (storage::roll).
class writer {
 public:
  writer(options o, writer_events events);
  ~writer();  // as stop()
  writer(writer const&) = delete;
  writer& operator=(writer const&) = delete;

  // Connects, takes the lock, applies new migrations, then reads the position; starts the thread. Blocks up to options.lock_wait.
  // Throws `unavailable` where the database cannot be reached, std::runtime_error where an operator must act: one sentence each.
  start_state start();

  // From any thread. Full queue: the batch goes to options.spill_dir; only where that is full too, or not given, it waits (the
  // journal keeps what is not taken). false = stopped or fenced, not taken.
  // Positions up to the start's are known: such a batch is dropped, at the very position its readings and events are.
  // Throws std::logic_error where readings or events come with a position that is not higher than the last one.
  bool submit(batch&& b);

  bool up() const;                      // the last attempt reached the database
  std::uint64_t committed() const;      // everything up to here is in the database
  std::uint64_t retimed() const;        // readings filed under known_at, see reading_row
  std::uint64_t refused() const;        // rows that PostgreSQL itself refused; kept in `rejected` with its reason
  std::uint64_t submitted() const;      // batches taken since the start; the newest one's number
  std::uint64_t written() const;        // batches in the database: those numbered up to here
  std::uint64_t state_position() const; // of the newest saved state that the database holds whole; 0 = none
  bool state_waits() const;             // a saved state is not stored yet
  std::size_t queued_bytes() const;     // in memory and on disk
  std::size_t spilled_bytes() const;    // of these, on disk
  std::string trouble() const;          // why submit() waits; empty = it does not
  std::int64_t database_bytes() const;  // as of the last minute
  std::int64_t rejected_bytes() const;
  bool drain(std::chrono::milliseconds limit);  // false: not everything was written in time
  void stop();                          // what is still queued is left to the journal

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace ioc::postgres
