#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ioc::postgres {

// How to reach the database. `url`: postgresql://user@host:port/database or key=value text, best without a password;
// `password_file` (empty = none) holds the password on its first line and is read again at each connect.
// `shard`: the journal shard whose position this process owns. The rest are limits that tests make smaller.
struct options {
  std::string url;
  std::string password_file;
  std::filesystem::path migrations_dir;
  int shard = 0;
  std::size_t queue_bytes = std::size_t{256} << 20;         // batches waiting for the writer, then submit() waits
  std::size_t transaction_bytes = std::size_t{32} << 20;    // small batches are merged up to this
  std::chrono::milliseconds linger{10};                     // how long the first of them waits for company
  std::chrono::milliseconds lock_wait{std::chrono::seconds{20}};  // for a dying predecessor's transaction to end
  std::chrono::milliseconds call_limit{std::chrono::seconds{30}};  // one transaction of the writer
  std::chrono::milliseconds query_limit{std::chrono::seconds{10}};  // one call of queries or accounts
};

// The database cannot be reached now, or its answer did not come in time. Worth trying again later.
struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace ioc::postgres
