#pragma once
#include "core/observation.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ioc::journal {

// Logical byte offset since the journal was made; it only grows. Segment n covers [n * segment_bytes, (n + 1) * segment_bytes).
using position = std::uint64_t;

// message: a PUBLISH from the broker. operation: a change by a user. sent: a command that went out. mark: the server's own notes.
enum class record_kind : std::uint8_t { message = 1, operation = 2, sent = 3, mark = 4 };

// One record as it was appended. `next` is where reading goes on; `message.arrival` is the journal's own stamp.
struct record {
  position at = 0;
  position next = 0;
  record_kind kind = record_kind::message;
  core::raw_message message;
};

// `segment_bytes`: a multiple of 4096, at least 64 KiB; the largest record is a little less. `max_bytes` holds at least two segments
// and bounds the disk. A power cut costs what came within `sync_every` and the time that one sync takes.
struct options {
  std::filesystem::path dir;
  std::uint64_t segment_bytes = 64ull << 20;
  std::uint64_t max_bytes = 1ull << 30;
  std::chrono::milliseconds sync_every{100};
};

// Everything that enters the pipeline, in one order, on disk: memory-mapped segments, a CRC for each record. What append() returned
// survives the process (page cache); what sync() returned for survives a power cut. Owned by the app, one process per directory.
// Every member may be called from any thread. One background thread syncs and prepares the next segment.
class journal {
 public:
  // Takes the directory, walks and checks what it holds. Damage at the tail is cut: `report` then says file, offset and bytes in one
  // sentence, otherwise it is empty. Throws std::runtime_error with one plain sentence when it cannot be trusted or is taken.
  static std::unique_ptr<journal> open(options o, std::string& report);
  ~journal();
  journal(journal const&) = delete;
  journal& operator=(journal const&) = delete;

  // Stamps the arrival and returns the position after the record; nothing when full (messages stop at 95 % of max_bytes, the last 5 %
  // are kept for the other kinds), when the disk failed, or when it is no valid record (fits() is false). Never waits for a sync.
  std::optional<position> append(record_kind kind, std::string_view topic, std::string_view payload, std::uint8_t qos = 0,
                                 bool dup = false, bool retain = false) noexcept;
  bool fits(std::string_view topic, std::string_view payload) const noexcept;

  // Returns when everything below `up_to` (at most end()) is on disk; callers that meet share one disk write.
  // Throws std::runtime_error when the disk failed: then nothing more is taken, and what was not synced before is uncertain.
  void sync(position up_to);

  // The next record at or after `at`; moves `at` to its `next`. False: none yet. A position below begin() reads from begin():
  // compare first. Throws std::runtime_error when a record turned bad after it was checked.
  bool read(position& at, record& out) const;
  // Waits until there is something to read at or after `at`, at most that long; also returns at interrupt(). True = there is.
  bool wait(position at, std::chrono::milliseconds at_most) const;
  void interrupt();
  // The journal's clock, if nothing is unread at `at`: no later record will carry an earlier arrival. Otherwise nothing.
  std::optional<core::time_point> idle_now(position at);

  // The clock that stamps arrivals, now: it never goes back.
  core::time_point arrival_now();

  // Deletes the segments wholly below: what the database holds for good.
  void release(position below);
  // Makes end() at least `at`, dropping all records below; does nothing when end() is there already. For a start where the database
  // holds more than the journal (its directory was lost or restored): without it new records would get positions that count as
  // stored. Call it before the first append. A writer that syncs up to a position before it commits it never needs this.
  void advance(position at);

  position begin() const;
  position end() const;
  position synced() const;
  std::uint64_t used_bytes() const;  // from begin() to end()
  std::uint64_t max_bytes() const;
  bool nearly_full() const;    // above 90 %
  std::string trouble() const;  // a sentence while the disk is full or failed, else empty

 private:
  struct state;
  explicit journal(std::unique_ptr<state> s);
  std::unique_ptr<state> s_;
};

}  // namespace ioc::journal
