#pragma once
#include "adapters/web/backend.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

namespace ioc::web {

// A logged-in user, as every call sees them.
struct session {
  std::string hash;  // of the token; names the session
  std::string user;
  std::string full_name;
  std::string role;
  std::string unit;
  bool must_change = false;
  core::time_point ends_at;
};

// Log-in, log-out and who a token belongs to. Sessions are kept in memory beside the database, so that one that exists
// outlives an outage. Five failures for a name, known or not, lock it for 15 minutes; an unknown name costs the same
// Argon2id check as a wrong password. Thread-safe; log_in and change_password take about 0.1 s, find may ask the backend.
class session_book {
 public:
  using clock = std::function<core::time_point()>;
  session_book(backend& b, clock now, std::chrono::seconds session_length, std::chrono::seconds lock_length);

  struct logged_in {
    std::string token;
    session who;
  };
  struct wrong {};
  struct locked {
    std::chrono::seconds retry_after;
  };
  using outcome = std::variant<logged_in, wrong, locked>;
  outcome log_in(std::string const& user, std::string const& password);

  // Throws `unavailable` when the token is not in memory and the database is away.
  std::optional<session> find(std::string const& token);
  std::optional<session> find_hash(std::string const& hash);
  void log_out(session const& s);
  // `wrong` = the old password is wrong; the user's other sessions end.
  std::variant<std::monostate, wrong, locked> change_password(session const& s, std::string const& old_password, std::string const& new_password);

  // Called with the hash of each session that ends by log-out or change of password, on the calling thread.
  std::function<void(std::string const& hash)> on_end;

 private:
  struct known {
    session who;
    core::time_point checked;  // when the account was last read
  };
  struct attempts {
    int failures = 0;
    core::time_point last;
    core::time_point locked_until{};
  };
  std::optional<std::chrono::seconds> begin_attempt(std::string const& user);
  void undo_attempt(std::string const& user);
  void forgive(std::string const& user);
  bool password_fits(std::optional<account> const& who, std::string const& password);
  void retry_deletes();

  backend& backend_;
  clock now_;
  std::chrono::seconds session_length_;
  std::chrono::seconds lock_length_;
  std::string dummy_hash_;
  std::mutex mutex_;
  std::unordered_map<std::string, known> sessions_;
  std::unordered_map<std::string, core::time_point> revoked_;  // logged out; the value is when it would have ended
  std::map<std::string, core::time_point> undeleted_;          // revoked while the database was away
  std::unordered_map<std::string, attempts> attempts_;
};

}  // namespace ioc::web
