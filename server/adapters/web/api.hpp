#pragma once
#include "adapters/web/calls.hpp"
#include "adapters/web/idempotency.hpp"

#include <variant>

namespace ioc::web {

// The gate of every call, in this order: path, method, session, Origin, password to be changed, role, body type, repeated
// write; then the call itself. Knows no socket. Thread-safe; `handle` and `admit` block and never throw.
class api {
 public:
  api(options const& o, backend& b, hub& h, counters& n, std::function<core::time_point()> now);

  response handle(request const& r);
  // Whether `handle` will take Argon2id's 0.1 s and 64 MiB: such calls have their own pool of two threads.
  bool slow(request const& r) const;

  // Who may watch the stream, and what they see.
  struct viewer {
    session who;
    std::set<std::string> units;
  };
  bool is_stream(request const& r) const;
  std::variant<viewer, response> admit(request const& r);
  // The same viewer some time later; nothing when the session is gone, has to change its password or lost its unit.
  std::optional<viewer> still(viewer const& v);

  // What `unit` means to this viewer: itself and those below; nothing when it is not theirs.
  std::optional<std::set<std::string>> narrowed(viewer const& v, std::string const& unit);
  session_book& sessions() { return sessions_; }

 private:
  response dispatch(request const& r);
  response once(request const& r, call const& k, response (*run)(context&, call const&));
  std::optional<session> find_session(request const& r, bool& by_cookie);

  session_book sessions_;
  scope scope_;
  context context_;
  answered_writes answered_;
};

}  // namespace ioc::web
