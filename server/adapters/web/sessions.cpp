#include "adapters/web/sessions.hpp"

#include "adapters/web/password.hpp"

#include <algorithm>

namespace ioc::web {

namespace {
constexpr int most_failures = 5;
constexpr std::size_t most_names = 10'000;
constexpr std::size_t most_sessions = 20'000;
// How long a change of role or a disabled account may go unnoticed.
constexpr std::chrono::seconds account_age{15};

session view(std::string hash, account const& a, core::time_point ends_at) {
  return {std::move(hash), a.name, a.full_name, a.role, a.unit, a.must_change, ends_at};
}
}  // namespace

session_book::session_book(backend& b, clock now, std::chrono::seconds session_length, std::chrono::seconds lock_length)
    : backend_(b), now_(std::move(now)), session_length_(session_length), lock_length_(lock_length), dummy_hash_(hash_password(new_token())) {}

// Counts the attempt as a failure before it is checked: of a hundred sent at once only five are looked at.
std::optional<std::chrono::seconds> session_book::begin_attempt(std::string const& user) {
  auto const now = now_();
  std::lock_guard const lock(mutex_);
  if (attempts_.size() >= most_names && !attempts_.contains(user)) {
    // Forget the name that was tried longest ago, an unlocked one if there is any.
    auto const oldest = std::min_element(attempts_.begin(), attempts_.end(), [&](auto const& a, auto const& b) {
      return std::pair(a.second.locked_until > now, a.second.last) < std::pair(b.second.locked_until > now, b.second.last);
    });
    attempts_.erase(oldest);
  }
  auto& a = attempts_[user];
  if (a.locked_until > now) return std::chrono::ceil<std::chrono::seconds>(a.locked_until - now);
  if (a.locked_until != core::time_point{} || now - a.last > lock_length_) a = attempts{};
  a.last = now;
  if (++a.failures >= most_failures) a.locked_until = now + lock_length_;
  return std::nullopt;
}

// The database was away: nothing was learnt about the password, so the attempt does not count.
void session_book::undo_attempt(std::string const& user) {
  std::lock_guard const lock(mutex_);
  auto const at = attempts_.find(user);
  if (at == attempts_.end()) return;
  at->second.locked_until = {};
  if (--at->second.failures <= 0) attempts_.erase(at);
}

void session_book::forgive(std::string const& user) {
  std::lock_guard const lock(mutex_);
  attempts_.erase(user);
}

bool session_book::password_fits(std::optional<account> const& who, std::string const& password) {
  bool const fits = verify_password(who ? who->password_hash : dummy_hash_, password);
  return who && fits && !who->disabled;
}

session_book::outcome session_book::log_in(std::string const& user, std::string const& password) {
  if (auto const wait = begin_attempt(user)) return locked{*wait};
  std::optional<account> who;
  try {
    who = backend_.find_account(user);
    auto const now = now_();
    if (who && who->locked_until && *who->locked_until > now) return locked{std::chrono::ceil<std::chrono::seconds>(*who->locked_until - now)};
    bool const ok = password_fits(who, password);
    backend_.note_login(user, ok);
    if (!ok) return wrong{};
    auto const token = new_token();
    auto s = view(token_hash(token), *who, now + session_length_);
    backend_.save_session(s.hash, s.user, s.ends_at);
    forgive(user);
    std::lock_guard const lock(mutex_);
    sessions_[s.hash] = {s, now};
    return logged_in{token, std::move(s)};
  } catch (unavailable const&) {
    undo_attempt(user);
    throw;
  }
}

std::optional<session> session_book::find(std::string const& token) {
  if (token.size() != 43) return std::nullopt;
  return find_hash(token_hash(token));
}

std::optional<session> session_book::find_hash(std::string const& hash) {
  retry_deletes();
  auto const now = now_();
  std::optional<known> cached;
  {
    std::lock_guard const lock(mutex_);
    if (revoked_.contains(hash)) return std::nullopt;
    if (auto const at = sessions_.find(hash); at != sessions_.end()) {
      if (at->second.who.ends_at <= now) {
        sessions_.erase(at);
        return std::nullopt;
      }
      if (now - at->second.checked < account_age) return at->second.who;
      cached = at->second;
    }
  }
  try {
    auto const stored = backend_.find_session(hash);
    std::optional<account> who;
    if (stored && stored->ends_at > now) who = backend_.find_account(stored->user);
    std::lock_guard const lock(mutex_);
    if (!who || who->disabled || revoked_.contains(hash)) {
      sessions_.erase(hash);
      return std::nullopt;
    }
    if (sessions_.size() >= most_sessions) std::erase_if(sessions_, [&](auto const& s) { return s.second.who.ends_at <= now; });
    auto s = view(hash, *who, stored->ends_at);
    sessions_[hash] = {s, now};
    return s;
  } catch (unavailable const&) {
    if (!cached) throw;
    std::lock_guard const lock(mutex_);
    if (revoked_.contains(hash)) return std::nullopt;
    if (auto const at = sessions_.find(hash); at != sessions_.end()) at->second.checked = now;
    return cached->who;
  }
}

void session_book::log_out(session const& s) {
  {
    std::lock_guard const lock(mutex_);
    auto const now = now_();
    std::erase_if(revoked_, [&](auto const& r) { return r.second <= now; });
    sessions_.erase(s.hash);
    revoked_[s.hash] = s.ends_at;
    undeleted_[s.hash] = s.ends_at;
  }
  retry_deletes();
  if (on_end) on_end(s.hash);
}

// A log-out during an outage must hold after it: the row is deleted as soon as the database is back.
void session_book::retry_deletes() {
  std::map<std::string, core::time_point> todo;
  {
    std::lock_guard const lock(mutex_);
    todo.swap(undeleted_);
  }
  while (!todo.empty()) {
    auto const first = todo.begin();
    try {
      if (first->second > now_()) backend_.delete_session(first->first);
      todo.erase(first);
    } catch (unavailable const&) {
      std::lock_guard const lock(mutex_);
      undeleted_.merge(todo);
      return;
    }
  }
}

std::variant<std::monostate, session_book::wrong, session_book::locked> session_book::change_password(
    session const& s, std::string const& old_password, std::string const& new_password) {
  if (auto const wait = begin_attempt(s.user)) return locked{*wait};
  try {
    auto const who = backend_.find_account(s.user);
    if (!password_fits(who, old_password)) {
      backend_.note_login(s.user, false);
      return wrong{};
    }
    backend_.set_password(s.user, hash_password(new_password));
    backend_.delete_other_sessions(s.user, s.hash);
    forgive(s.user);
  } catch (unavailable const&) {
    undo_attempt(s.user);
    throw;
  }
  std::vector<std::string> ended;
  {
    std::lock_guard const lock(mutex_);
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      if (at->second.who.user == s.user && at->first != s.hash) {
        ended.push_back(at->first);
        at = sessions_.erase(at);
      } else {
        if (at->first == s.hash) at->second.who.must_change = false;
        ++at;
      }
    }
  }
  for (auto const& hash : ended)
    if (on_end) on_end(hash);
  return {};
}

}  // namespace ioc::web
