#pragma once
#include "adapters/postgres/pool.hpp"
#include "core/time.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ioc::postgres {

// Somebody who may log in. `password_hash` is Argon2id text; this folder never sees a password.
struct user_account {
  std::string name, full_name, role, unit, password_hash;
  bool must_change = true;
  bool disabled = false;
  int failed = 0;  // wrong passwords since the last right one
  std::optional<core::time_point> locked_until, last_login;
};

// `token_hash`: raw bytes of a hash of the token, which itself is kept nowhere. kind: browser, token, kiosk.
struct session {
  std::string token_hash, user, kind;
  core::time_point created_at, ends_at, last_used;
};

// accepted: log in. wrong: count it. locked: too many wrong ones, even the right password does not count until `until`.
struct login_outcome {
  enum class verdict { accepted, wrong, locked } is = verdict::wrong;
  std::optional<core::time_point> until;
};

// A repeated write with the same Idempotency-Key. fresh: do it, then finish_key(). running: the first is not done yet.
// done: answer `status` and `body` again. different: the key was used for another request (422).
struct key_state {
  enum class is { fresh, running, done, different } state = is::fresh;
  int status = 0;
  std::string body;
};

// Users, sessions and idempotency keys. Blocking, thread-safe; `now` is the caller's clock. Throws `unavailable` as queries do.
class accounts {
 public:
  explicit accounts(std::shared_ptr<pool> p) : pool_(std::move(p)) {}

  static constexpr int failures_allowed = 5;
  static constexpr int locked_s = 15 * 60;

  std::optional<user_account> find_user(std::string const& name) const;
  std::vector<user_account> list_users(std::optional<std::vector<std::string>> const& units) const;
  // New: all of it. Known: name, role, unit and disabled change; password and counters do not.
  void upsert_user(user_account const& u);
  bool set_password(std::string const& name, std::string const& hash, bool must_change, core::time_point now);  // unlocks; false = no such user
  // After the password was checked (`right`), in one statement: parallel guesses cannot share a count.
  login_outcome note_login(std::string const& name, bool right, core::time_point now);

  void save_session(session const& s);
  // Ended sessions and those of disabled users are not found.
  std::optional<session> find_session(std::string const& token_hash, core::time_point now) const;
  void touch_session(std::string const& token_hash, core::time_point now);
  bool delete_session(std::string const& token_hash);
  int delete_sessions_of(std::string const& user, std::optional<std::string> const& but_token_hash = {});

  key_state claim_key(std::string const& key, std::string const& user, std::string const& request_hash, core::time_point now);
  void finish_key(std::string const& key, std::string const& user, int status, std::string const& body);
  void free_key(std::string const& key, std::string const& user);  // the write failed and may be tried again
  void free_unfinished_keys();  // at the start: who claimed them is gone, and nobody knows how far it came

  void delete_ended(core::time_point now);  // sessions and keys past their time

 private:
  std::shared_ptr<pool> pool_;
};

}  // namespace ioc::postgres
