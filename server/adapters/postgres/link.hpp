#pragma once
#include "adapters/postgres/options.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace ioc::postgres {

// Connection text for libpq and libpqxx alike: options.url, the password of options.password_file, UTC, UTF-8, 2 s to connect.
// Throws std::runtime_error with a sentence where the url or the file is wrong.
std::string connection_text(options const& o, std::string_view application);

// "host:port/database" of options.url, for messages; never the password.
std::string place_of(options const& o);

// One sentence for the operator, with the cure where we know it. `away`: it may work later by itself.
struct connect_failure {
  bool away = false;
  std::string sentence;
};
connect_failure explain(std::string_view libpq_message, options const& o);

// A statement failed. `lost`: the connection is gone and with it all knowledge of a commit under way.
struct statement_error : std::runtime_error {
  statement_error(std::string what, std::string state, bool gone) : std::runtime_error(std::move(what)), sqlstate(std::move(state)), lost(gone) {}
  std::string sqlstate;
  bool lost;
  // The row itself is at fault (data, constraint or size): the same again would fail again.
  bool data() const { return !lost && (sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("54")); }
};

using parameter = std::optional<std::string>;  // text form; nothing = null

// Rows of an answer; freed with it.
class rows {
 public:
  explicit rows(pg_result* r) : result_(r) {}
  ~rows();
  rows(rows&& o) noexcept : result_(std::exchange(o.result_, nullptr)) {}
  rows& operator=(rows&&) = delete;
  int size() const;
  long affected() const;
  bool null(int row, int column) const;
  std::string_view text(int row, int column) const;

 private:
  pg_result* result_;
};

// One libpq connection of one thread: what libpqxx 6.4 cannot do, binary COPY inside our own transaction, and a limit to
// each wait (a stopped server must not stop us). After a `lost` error only destruction is of use.
class link {
 public:
  link(options const& o, std::string_view application);  // throws unavailable or std::runtime_error, see explain()
  ~link();
  link(link const&) = delete;
  link& operator=(link const&) = delete;

  // From now on every call together must be done within `limit`; past it the connection counts as lost.
  void limit(std::chrono::milliseconds limit);
  rows run(char const* sql, std::vector<parameter> const& values = {});
  void script(std::string const& sql);  // several statements, no values
  // COPY … FROM STDIN: begin, pieces, end. An error in the data comes out of any of the three.
  void copy_begin(char const* sql);
  void copy_piece(std::string_view bytes);
  void copy_end();
  int backend() const;
  void interrupt() noexcept;  // from any thread: whatever waits ends as lost

 private:
  rows answer();
  void wait(short events);
  [[noreturn]] void fail(pg_result* result);
  pg_conn* connection_;
  int socket_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace ioc::postgres
