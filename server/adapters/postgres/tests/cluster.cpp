#include "adapters/postgres/tests/cluster.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

// libpqxx 6.4's exec_params forgets the result of a statement whose connection was lost: 2 KB each time, not ours to free.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() { return "leak:pqxx::connection_base::exec_params\n"; }

namespace ioc::postgres::test {

namespace {

constexpr auto bin = "/usr/lib/postgresql/15/bin/";
constexpr auto superuser_password = "super-secret";
constexpr auto ioc_password = "it's \\secret";  // quoting must survive it

int free_port() {
  int const s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t n = sizeof a;
  bool const ok = ::bind(s, reinterpret_cast<sockaddr*>(&a), n) == 0 && ::getsockname(s, reinterpret_cast<sockaddr*>(&a), &n) == 0;
  ::close(s);
  if (!ok) throw std::runtime_error("no free port");
  return ntohs(a.sin_port);
}

// In a child: become `postgres` when root (PostgreSQL refuses root), then the program. Output goes to `out`.
[[noreturn]] void become(std::vector<std::string> const& command, std::vector<std::string> const& environment, bool as_postgres, int out) {
  if (as_postgres && ::geteuid() == 0) {
    passwd const* who = ::getpwnam("postgres");
    if (!who || ::initgroups("postgres", who->pw_gid) != 0 || ::setgid(who->pw_gid) != 0 || ::setuid(who->pw_uid) != 0) ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // a killed test leaves no server behind
  for (auto const& e : environment) ::putenv(const_cast<char*>(e.c_str()));
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir("/") != 0) ::_exit(126);
  std::vector<char*> argv;
  for (auto const& a : command) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

int run_as(std::vector<std::string> const& command, std::vector<std::string> const& environment, bool as_postgres, std::string* output) {
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  pid_t const child = ::fork();
  if (child == 0) become(command, environment, as_postgres, pipe_ends[1]);
  ::close(pipe_ends[1]);
  char buffer[4096];
  for (ssize_t n; (n = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    if (output) output->append(buffer, static_cast<std::size_t>(n));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void must(int status, std::string const& what, std::string const& output) {
  if (status != 0) throw std::runtime_error(what + " failed (" + std::to_string(status) + "): " + output);
}

}  // namespace

int run(std::vector<std::string> const& command, std::vector<std::string> const& environment, std::string* output) {
  return run_as(command, environment, false, output);
}

bool eventually(std::function<bool()> const& question, double seconds) {
  auto const end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!question()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}

cluster& cluster::get() {
  static cluster the;
  return the;
}

cluster::cluster() : port_(free_port()) {
  std::string name = (std::filesystem::temp_directory_path() / "ioc-postgres-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
  folder_ = name;
  if (::geteuid() == 0) {
    passwd const* who = ::getpwnam("postgres");
    if (!who || ::chown(name.c_str(), who->pw_uid, who->pw_gid) != 0) throw std::runtime_error("no account postgres");
  }
  auto const secret = folder_ / "secret";
  std::ofstream(secret) << superuser_password << '\n';
  std::filesystem::permissions(secret, std::filesystem::perms::all);
  std::string output;
  int const status = run_as({std::string(bin) + "initdb", "-D", (folder_ / "data").string(), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                             "--auth=scram-sha-256", "--pwfile=" + secret.string(), "--no-sync", "--no-instructions"}, {}, true, &output);
  must(status, "initdb", output);
  start();
  std::ofstream(folder_ / "ioc-password") << ioc_password << '\n';
  sql("postgres", "create role ioc login password 'it''s \\secret'");
}

cluster::~cluster() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void cluster::start() {
  int const log = ::open((folder_ / "log").c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0666);
  std::vector<std::string> const command{std::string(bin) + "postgres", "-D", (folder_ / "data").string(), "-c", "port=" + std::to_string(port_),
      "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", durable ? "fsync=on" : "fsync=off", "-c", "shared_buffers=128MB", "-c", "max_wal_size=2GB",
      "-c", "timezone=Asia/Ho_Chi_Minh",  // not UTC on purpose: nothing of ours may lean on the server's zone
      "-c", "max_connections=60"};
  pid_ = ::fork();
  if (pid_ == 0) become(command, {}, true, log);
  ::close(log);
  bool const up = eventually([&] {
    return run({std::string(bin) + "pg_isready", "-q", "-h", "127.0.0.1", "-p", std::to_string(port_), "-U", "postgres", "-d", "postgres"}) == 0;
  }, 30);
  if (!up) throw std::runtime_error("PostgreSQL did not start, see " + (folder_ / "log").string());
}

void cluster::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGINT);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

std::string cluster::sql(std::string const& database, std::string const& text) const {
  std::string output;
  int const status = run({std::string(bin) + "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", text},
                         {"PGHOST=127.0.0.1", "PGPORT=" + std::to_string(port_), "PGUSER=postgres", std::string("PGPASSWORD=") + superuser_password}, &output);
  must(status, text, output);
  if (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

std::string cluster::make_database(bool with_extensions) {
  std::string const name = "t" + std::to_string(++made_);
  sql("postgres", "create database " + name + " owner ioc");
  if (!with_extensions) return name;
  std::string output;
  int const status = run({std::string(IOC_SOURCE_DIR) + "/deploy/postgres/create-extensions", name, "ioc"},
                         {"PGHOST=127.0.0.1", "PGPORT=" + std::to_string(port_), "PGUSER=postgres", std::string("PGPASSWORD=") + superuser_password}, &output);
  must(status, "create-extensions", output);
  return name;
}

options cluster::options_for(std::string const& database) const {
  options o;
  o.url = "postgresql://ioc@127.0.0.1:" + std::to_string(port_) + "/" + database;
  o.password_file = (folder_ / "ioc-password").string();
  o.migrations_dir = std::string(IOC_SOURCE_DIR) + "/deploy/postgres/migrations";
  return o;
}

reading_row reading(std::string device, std::string metric, core::time_point t, core::value v) {
  return message(std::move(device), t, {{std::move(metric), std::move(v)}});
}

reading_row message(std::string device, core::time_point t, std::vector<std::pair<std::string, core::value>> values) {
  thread_local layout_book book;
  std::vector<std::string_view> metrics;
  for (auto const& [metric, v] : values) metrics.push_back(metric);
  reading_row r{"03478", std::move(device), t, t + std::chrono::milliseconds{120}, std::nullopt, book.find(metrics), {}};
  for (auto& [metric, v] : values) r.values.push_back({std::move(v), core::quality::good, false});
  return r;
}

object_row alert_object(std::string id, std::uint32_t version, std::string state, core::time_point at, bool open) {
  object_row o;
  o.kind = "alert";
  o.id = std::move(id);
  o.unit = "03478";
  o.version = version;
  o.state = std::move(state);
  o.severity = 3;
  o.rule = "river-level";
  o.subject = o.device = "wl-01";
  o.at = at;
  o.open = open;
  o.doc = R"({"id":")" + o.id + R"(","version":)" + std::to_string(version) + R"(,"state":")" + o.state + "\"}";
  return o;
}

}  // namespace ioc::postgres::test
