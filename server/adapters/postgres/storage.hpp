#pragma once
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/rollup.hpp"
#include "adapters/postgres/rows.hpp"
#include "adapters/postgres/writer.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace ioc::postgres {

// Another process has claimed this database: this one may never write to it again.
struct fenced : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What is kept takes this much of the database, in bytes.
struct store_sizes {
  std::int64_t database = 0, rejected = 0;
};

// The writer's view of the database: one connection with its advisory lock, what it knows of devices, layouts and days, how a
// group of batches becomes one transaction, and the roll-ups. All calls from the writer's thread (start: before it runs), but
// interrupt(). storage.cpp: the transaction; storage_readings.cpp: readings and their partitions; storage_rollup.cpp: roll-ups.
class storage {
 public:
  explicit storage(options o);

  start_state open_first();      // connect, lock, migrate, claim. Throws unavailable or std::runtime_error
  std::uint64_t open_again();    // connect, lock, still ours? Throws unavailable, statement_error or fenced
  void close();

  // One transaction. Append-only rows of batches at or below `committed` are in the database already and left out.
  // Throws statement_error (nothing is known of the commit when `lost`) or fenced.
  void store(std::deque<batch> const& group, std::uint64_t committed);

  // Writes the next part of a state whose rows are committed; `next` is 0 for the first. True: it is whole, a start goes on from it.
  bool store_state(engine_snapshot const& s, std::size_t& next);

  // One slice of the roll-ups' work, some 100 ms at most. `idle`: nothing waits to be written, so minutes close by the clock of
  // this machine; else by the newest arrival that was stored. True: there is more to do now. Throws as store().
  bool roll(bool idle);

  void maintain();  // partitions ahead and retention: pg_partman for readings and roll-ups, by age for events and refused messages
  store_sizes sizes();
  void ping();
  void interrupt() noexcept;  // from any thread

  std::uint64_t refused() const { return refused_; }
  std::string take_warning() { return std::exchange(warning_, {}); }

 private:
  template <class T>
  struct item {
    T const* row;
    std::uint64_t position;
  };
  template <class T>
  using items = std::vector<item<T>>;
  struct merged;

  void connect();
  bool lock(std::chrono::milliseconds limit);
  std::string holder(std::string& application);
  std::optional<engine_snapshot> read_state();
  void fence(std::uint64_t position, std::string const* ledger);
  void make_days(items<reading_row> const& all);
  void find_devices(items<reading_row> const& all);
  void find_layouts(items<reading_row> const& all);
  std::int32_t layout_id(std::vector<std::string> const& metrics);
  core::time_point raw_horizon() const;
  void read_rollup_state();
  void note_newest(core::time_point t);
  void put_due(std::vector<due_minute> const& due, int level);
  bool close_minutes(std::int64_t until);
  bool write_minutes(std::vector<closed_minute> const& whole, std::vector<due_minute> const& due, std::optional<std::int64_t> until);
  bool plan(int level, core::time_point from, core::time_point to);
  bool mend();
  void advance_rollup(char const* sql, core::time_point until);
  void transaction(merged const& m, bool carefully);
  void put(items<reading_row> const& all);
  void put(items<event_row> const& all);
  void put(items<rejected_row> const& all);
  void put(items<object_row> const& all);
  void put(items<log_row> const& all);
  void put(items<device_row> const& all);
  template <class T>
  void put_carefully(items<T> const& all, std::vector<rejected_row>& refused);

  options const options_;
  std::string const run_;          // this run of the process, a random UUID: the fencing token
  std::string const application_;  // how we recognise our own dead connection
  std::mutex connection_guard_;    // the pointer only, for interrupt()
  std::unique_ptr<link> link_;
  std::unordered_map<std::string, std::int32_t> devices_;
  std::unordered_map<layout_ptr, std::int32_t> layouts_;
  std::map<std::vector<int>, std::int32_t> minute_layouts_;  // by the names of book_
  std::set<std::int64_t> days_;    // days since 1970 that have a partition
  bool days_known_ = false;
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> kept_rejected_;  // by source and day since 1970
  minute_book book_;
  core::time_point hour_until_, day_until_, newest_, last_known_;
  std::int32_t planned_device_ = 0;  // how far the plan of the current level has come
  int mend_slice_ = 100;
  unsigned mend_turn_ = 0;
  int state_turn_ = 0;
  std::uint64_t refused_ = 0;
  std::string warning_;
};

}  // namespace ioc::postgres
