#pragma once
#include "adapters/postgres/options.hpp"
#include "adapters/postgres/writer.hpp"

#include <functional>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ioc::postgres::test {

// A private PostgreSQL 15 of this test process: made on first use in a temporary folder, on a free port, with passwords
// (SCRAM) even for itself, run by the account `postgres` when we are root; ended by its pid and removed at exit.
class cluster {
 public:
  static cluster& get();
  cluster(cluster const&) = delete;
  ~cluster();

  // A new database owned by `ioc`, extensions created by deploy/postgres/create-extensions. Returns its name.
  std::string make_database(bool with_extensions = true);
  options options_for(std::string const& database) const;  // as `ioc`, migrations of this source tree
  // Rows as text, columns parted by '|', rows by '\n'; as the superuser. Throws with PostgreSQL's message.
  std::string sql(std::string const& database, std::string const& text) const;
  void stop();   // at once, sessions ended (SIGINT)
  void start();  // again, on the same port

  int port() const { return port_; }

  static inline bool durable = false;  // fsync; measurements set it before the first get()

 private:
  cluster();
  std::filesystem::path folder_;
  int port_ = 0;
  int pid_ = 0;
  int made_ = 0;
};

// Runs a program with more environment and waits for it; returns its exit status, or minus the signal that killed it.
int run(std::vector<std::string> const& command, std::vector<std::string> const& environment = {}, std::string* output = nullptr);

// Asks until the answer is yes or `seconds` have passed.
bool eventually(std::function<bool()> const& question, double seconds = 10);

reading_row reading(std::string device, std::string metric, core::time_point t, core::value v);
reading_row message(std::string device, core::time_point t, std::vector<std::pair<std::string, core::value>> values);
object_row alert_object(std::string id, std::uint32_t version, std::string state, core::time_point at, bool open = true);

}  // namespace ioc::postgres::test
