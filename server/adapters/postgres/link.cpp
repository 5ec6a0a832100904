#include "adapters/postgres/link.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>

namespace ioc::postgres {

namespace {

std::map<std::string, std::string> parsed(options const& o) {
  char* why = nullptr;
  auto const free_options = [](PQconninfoOption* p) { PQconninfoFree(p); };
  std::unique_ptr<PQconninfoOption, decltype(free_options)> list(PQconninfoParse(o.url.c_str(), &why), free_options);
  if (!list) {
    std::string const reason = why ? why : "not understood\n";
    PQfreemem(why);
    // libpq quotes the url, password and all, only in its own messages about the scheme: name the place instead.
    throw std::runtime_error("the database url is wrong: " + reason.substr(0, reason.find('\n')));
  }
  std::map<std::string, std::string> out;
  for (auto* p = list.get(); p->keyword; ++p)
    if (p->val) out[p->keyword] = p->val;
  return out;
}

std::string or_else(std::map<std::string, std::string> const& m, std::string const& key, std::string other) {
  auto const it = m.find(key);
  return it == m.end() ? other : it->second;
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string one_line(std::string_view text) {
  std::string out;
  for (char const c : text.substr(0, text.find_last_not_of(" \n") + 1)) {
    if (c == '\n') out += "; "; else if (c != '\t') out += c;
  }
  return out;
}

}  // namespace

std::string connection_text(options const& o, std::string_view application) {
  auto values = parsed(o);
  if (!o.password_file.empty()) {
    std::ifstream file(o.password_file);
    std::string password;
    if (!file || !std::getline(file, password) || password.empty())
      throw std::runtime_error("cannot read the database password from " + o.password_file + ": the file must hold it on its first line");
    values["password"] = password;
  }
  values["application_name"] = application;
  values["client_encoding"] = "UTF8";
  values["connect_timeout"] = "2";  // libpq's least
  values["options"] = or_else(values, "options", "") + " -c timezone=UTC -c client_min_messages=warning -c datestyle=ISO";
  values["keepalives_idle"] = "5";
  values["keepalives_interval"] = "2";
  values["keepalives_count"] = "3";
  values["tcp_user_timeout"] = "15000";
  std::string text;
  for (auto const& [key, value] : values) {
    text += key + "='";
    for (char const c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += "' ";
  }
  return text;
}

std::string place_of(options const& o) {
  auto const v = parsed(o);
  return or_else(v, "host", or_else(v, "hostaddr", "the local socket")) + ":" + or_else(v, "port", "5432") + "/" + or_else(v, "dbname", or_else(v, "user", ""));
}

connect_failure explain(std::string_view message, options const& o) {
  auto const v = parsed(o);
  std::string const user = or_else(v, "user", "(nobody)"), database = or_else(v, "dbname", user), place = place_of(o);
  if (holds(message, "password authentication failed") || holds(message, "no password supplied"))
    return {false, "PostgreSQL at " + place + " refused the password of the account '" + user + "': check " +
                       (o.password_file.empty() ? std::string("the database url") : o.password_file)};
  if (holds(message, "database \"") && holds(message, "does not exist"))
    return {false, "PostgreSQL at " + place + " has no database '" + database + "': create it with: create database " + database + " owner " + user};
  if (holds(message, "role \"") && (holds(message, "does not exist") || holds(message, "is not permitted to log in")))
    return {false, "PostgreSQL at " + place + " does not let the account '" + user + "' in: create it with: create role " + user + " login"};
  if (holds(message, "no pg_hba.conf entry"))
    return {false, "PostgreSQL at " + place + " does not admit '" + user + "' from this machine: add a line to its pg_hba.conf"};
  if (holds(message, "for connection option")) return {false, "the database url is wrong: " + one_line(message)};
  return {true, "PostgreSQL at " + place + " cannot be reached: " + one_line(message)};
}

rows::~rows() { PQclear(result_); }
int rows::size() const { return PQntuples(result_); }
long rows::affected() const {
  std::string_view const n = PQcmdTuples(result_);
  return n.empty() ? 0 : std::stol(std::string(n));
}
bool rows::null(int row, int column) const { return PQgetisnull(result_, row, column) != 0; }
std::string_view rows::text(int row, int column) const {
  return {PQgetvalue(result_, row, column), static_cast<std::size_t>(PQgetlength(result_, row, column))};
}

link::link(options const& o, std::string_view application) : connection_(PQconnectdb(connection_text(o, application).c_str())), socket_(-1) {
  if (PQstatus(connection_) != CONNECTION_OK) {
    auto const why = explain(PQerrorMessage(connection_), o);
    PQfinish(connection_);
    if (why.away) throw unavailable(why.sentence);
    throw std::runtime_error(why.sentence);
  }
  socket_ = PQsocket(connection_);
  PQsetnonblocking(connection_, 1);
  PQsetNoticeProcessor(connection_, [](void*, char const*) {}, nullptr);  // pg_partman's notices are no news
  limit(o.call_limit);
}

link::~link() { PQfinish(connection_); }

void link::limit(std::chrono::milliseconds limit) { deadline_ = std::chrono::steady_clock::now() + limit; }
int link::backend() const { return PQbackendPID(connection_); }
void link::interrupt() noexcept { ::shutdown(socket_, SHUT_RDWR); }

void link::wait(short events) {
  pollfd p{socket_, events, 0};
  for (;;) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now()).count();
    int const n = left > 0 ? ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left, 1'000'000))) : 0;
    if (n > 0) return;
    if (n == 0 && left <= 0) throw statement_error("PostgreSQL did not answer in time", "", true);
    if (n < 0 && errno != EINTR) throw statement_error("poll failed on the database connection", "", true);
  }
}

void link::fail(pg_result* result) {
  rows const owned(result);
  char const* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  char const* text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  std::string const message = text ? std::string(text) : one_line(PQerrorMessage(connection_));
  // Class 57P: the server ends this session (shut down, terminated); libpq may notice the closed socket only later.
  bool const lost = PQstatus(connection_) != CONNECTION_OK || !state || std::string_view(state).starts_with("57P") || std::string_view(state).starts_with("08");
  throw statement_error(message, state ? state : "", lost);
}

rows link::answer() {
  while (int const rest = PQflush(connection_)) {
    if (rest < 0) fail(nullptr);
    wait(POLLIN | POLLOUT);
    if (!PQconsumeInput(connection_)) fail(nullptr);
  }
  std::unique_ptr<pg_result, decltype(&PQclear)> last(nullptr, &PQclear);
  for (;;) {
    while (PQisBusy(connection_)) {
      wait(POLLIN);
      if (!PQconsumeInput(connection_)) fail(nullptr);
    }
    pg_result* const next = PQgetResult(connection_);
    if (!next) break;
    auto const status = PQresultStatus(next);
    // The first error is the cause; what follows it is its echo.
    if (last && PQresultStatus(last.get()) == PGRES_FATAL_ERROR) PQclear(next); else last.reset(next);
    if (status == PGRES_COPY_IN) break;
  }
  if (!last) fail(nullptr);
  auto const status = PQresultStatus(last.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) fail(last.release());
  return rows(last.release());
}

rows link::run(char const* sql, std::vector<parameter> const& values) {
  std::vector<char const*> texts;
  for (auto const& v : values) texts.push_back(v ? v->c_str() : nullptr);
  if (!PQsendQueryParams(connection_, sql, static_cast<int>(texts.size()), nullptr, texts.data(), nullptr, nullptr, 0)) fail(nullptr);
  return answer();
}

void link::script(std::string const& sql) {
  if (!PQsendQuery(connection_, sql.c_str())) fail(nullptr);
  answer();
}

void link::copy_begin(char const* sql) {
  if (!PQsendQuery(connection_, sql)) fail(nullptr);
  answer();
}

void link::copy_piece(std::string_view bytes) {
  constexpr std::size_t most = 1 << 18;
  while (!bytes.empty()) {
    auto const part = bytes.substr(0, most);
    int const sent = PQputCopyData(connection_, part.data(), static_cast<int>(part.size()));
    if (sent < 0) fail(nullptr);
    if (sent == 0) {
      wait(POLLOUT);
      continue;
    }
    bytes.remove_prefix(part.size());
    // Waiting for room before the next piece keeps libpq from copying it all; input is read so that neither side blocks.
    while (int const rest = PQflush(connection_)) {
      if (rest < 0) fail(nullptr);
      wait(POLLIN | POLLOUT);
      if (!PQconsumeInput(connection_)) fail(nullptr);
    }
  }
}

void link::copy_end() {
  int end = 0;
  while ((end = PQputCopyEnd(connection_, nullptr)) == 0) wait(POLLOUT);
  if (end < 0) fail(nullptr);
  answer();
}

}  // namespace ioc::postgres
