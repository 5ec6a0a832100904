#pragma once
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/rows.hpp"
#include "adapters/postgres/writer.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace ioc::postgres {

// Another process has claimed this database: this one may never write to it again.
struct fenced : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The writer's view of the database: one connection with its advisory lock, what it knows of series and days, and how a
// group of batches becomes one transaction. All calls from the writer's thread (start: before it runs), but interrupt().
class storage {
 public:
  explicit storage(options o);

  start_state open_first();      // connect, lock, migrate, claim. Throws unavailable or std::runtime_error
  std::uint64_t open_again();    // connect, lock, still ours? Throws unavailable, statement_error or fenced
  void close();

  // One transaction. Append-only rows of batches at or below `committed` are in the database already and left out.
  // Throws statement_error (nothing is known of the commit when `lost`) or fenced.
  void store(std::deque<batch> const& group, std::uint64_t committed);

  void maintain();  // pg_partman's daily work: days ahead, retention
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
  void make_days(items<reading_row> const& all);
  void find_series(items<reading_row> const& all);
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
  std::unordered_map<std::string, std::int32_t> series_;
  std::set<std::int64_t> days_;    // days since 1970 that have a partition
  bool days_known_ = false;
  std::uint64_t refused_ = 0;
  std::string warning_;
};

}  // namespace ioc::postgres
