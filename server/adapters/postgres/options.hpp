#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ioc::postgres {

// How long each kind of data is kept, in days; 0 = for ever. A finer level is never kept longer than the coarser one above it.
struct retention {
  int raw_days = 92;
  int minute_days = 400;
  int hour_days = 1'830;
  int day_days = 7'300;
  int event_days = 400;
  int rejected_days = 30;
};

// How to reach the database. `url`: postgresql://user@host:port/database or key=value text, best without a password;
// `password_file` (empty = none) holds the password on its first line and is read again at each connect.
// `shard`: the journal shard whose position this process owns. The rest are limits that tests make smaller.
struct options {
  std::string url;
  std::string password_file;
  std::filesystem::path migrations_dir;
  int shard = 0;
  std::size_t queue_bytes = std::size_t{256} << 20;         // batches waiting in memory, then they go to spill_dir
  std::filesystem::path spill_dir;                          // files of waiting batches; empty = none, submit() waits instead
  std::size_t spill_bytes = std::size_t{2} << 30;           // their share of the disk, then submit() waits
  std::size_t transaction_bytes = std::size_t{32} << 20;    // small batches are merged up to this
  std::chrono::milliseconds linger{10};                     // how long the first of them waits for company
  std::chrono::milliseconds lock_wait{std::chrono::seconds{20}};  // for a dying predecessor's transaction to end
  std::chrono::milliseconds call_limit{std::chrono::seconds{30}};  // one transaction of the writer
  retention keep;
  std::int64_t most_rejected = 10'000;                      // copies of refused messages of one source and day
  std::chrono::milliseconds rollup_every{1000};             // how often the roll-ups have a turn where rows leave them no time
  std::chrono::seconds rollup_grace{10};                    // how long a minute stays open for what comes a little late
  std::chrono::milliseconds query_limit{std::chrono::seconds{10}};  // one call of queries or accounts
};

// The database cannot be reached now, or its answer did not come in time. Worth trying again later.
struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace ioc::postgres
