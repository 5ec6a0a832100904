#pragma once
// Private to this folder: includes libpqxx.
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/pool.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ioc::postgres {

// libpqxx 6.4 waits without limit for an answer. A watchdog thread shuts the socket of a call that takes too long, so that
// it fails as a lost connection: no caller hangs when the server is stopped or the network swallows packets.
class pool {
 public:
  pool(options o, std::size_t connections);
  ~pool();

  enum class kind { read, write };

  // Runs `body(pqxx::nontransaction&)`. A read on a connection that had died while idle is tried once more on a new one.
  // Throws unavailable; std::runtime_error with PostgreSQL's own words where the statement is at fault.
  template <class F>
  auto run(kind k, F&& body) {
    for (bool again = k == kind::read;; again = false) {
      lease l(*this);
      // An idle connection that had died fails at once; a call that took its time is not asked for twice.
      auto const begin = clock::now();
      auto const stale = [&] { return again && l.reused && clock::now() - begin < std::chrono::milliseconds{500}; };
      try {
        pqxx::nontransaction t(*l.connection);
        auto result = body(t);
        l.keep();
        return result;
      } catch (pqxx::broken_connection const& e) {
        if (!stale()) throw unavailable(lost(e.what()));
      } catch (pqxx::sql_error const& e) {
        std::string const state = e.sqlstate();
        // Class 57P: the server ends this session; 53: it lacks connections, memory or disk; 08: the wire.
        if (!state.starts_with("57") && !state.starts_with("53") && !state.starts_with("08")) {
          l.keep();
          throw std::runtime_error(std::string("PostgreSQL refused a statement: ") + e.what());
        }
        if (!(stale() && state.starts_with("57P"))) throw unavailable(lost(e.what()));
      }
    }
  }

 private:
  using clock = std::chrono::steady_clock;
  struct lease {
    explicit lease(pool& p);
    ~lease();
    void keep() { good = true; }
    pool& owner;
    std::unique_ptr<pqxx::connection> connection;
    bool reused = false, good = false;
    int socket = -1;
  };
  std::unique_ptr<pqxx::connection> open();
  std::string lost(std::string const& why) const;
  void watch();

  options const options_;
  std::string const place_;
  std::mutex guard_;
  std::condition_variable freed_, changed_;
  std::vector<std::unique_ptr<pqxx::connection>> idle_;
  std::size_t room_;                          // connections that may still be opened
  clock::time_point down_until_;              // after a failed connect, others fail at once for a second
  std::string down_why_;
  std::multimap<clock::time_point, int> busy_;  // deadline -> socket of a running call
  bool stopping_ = false;
  std::thread watchdog_;
};

// A value that may be null, for libpqxx's parameters.
inline char const* or_null(std::optional<std::string> const& s) { return s ? s->c_str() : nullptr; }
inline std::string text_of(pqxx::field const& f) { return f.is_null() ? std::string() : std::string(f.c_str(), f.size()); }

}  // namespace ioc::postgres
