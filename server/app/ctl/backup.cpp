#include "adapters/config/load.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/json_text.hpp"
#include "app/ctl/program.hpp"

#include <sodium.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>

namespace ioc::ctl {

namespace {

namespace fs = std::filesystem;

// A backup is a folder that only its owner reads:
//   manifest.txt           "ioc-backup 1", the time, then a line "SHA-256  size  path" for each file; written last
//   database.dump          pg_dump, custom format, schema public          partman.csv   which tables pg_partman keeps in days
//   journal/  config/      copies          iocd.yaml  accounts.json       as they were (accounts.json: the broker's, when asked for)
// It is taken while iocd runs. The journal is copied before the dump and again behind it: what iocd gave back meanwhile is in the first
// copy, what it wrote is in the second, so that together they reach from the dumped state to the dumped position and beyond.
constexpr std::string_view first_line = "ioc-backup 1";

struct database {
  std::string url;
  std::map<std::string, std::string> environment;
};

database database_of(config::server_settings const& s) {
  database d{s.postgres.url, {{"PGCONNECT_TIMEOUT", "10"}, {"LC_ALL", "C.UTF-8"}}};
  if (auto const password = config::read_secret(s.postgres.password_file, "postgres.password_file", s.path); !password.empty()) d.environment["PGPASSWORD"] = password;
  return d;
}

std::string sql(database const& d, std::string const& statement) {
  auto text = run_program({"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", d.url, "-c", statement}, d.environment);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

struct fingerprint {
  std::string sha256;
  std::uintmax_t size = 0;
};

fingerprint fingerprint_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + " cannot be read");
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<char> bytes(1 << 20);
  fingerprint out;
  while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || in.gcount() > 0) {
    crypto_hash_sha256_update(&state, reinterpret_cast<unsigned char const*>(bytes.data()), static_cast<unsigned long long>(in.gcount()));
    out.size += static_cast<std::uintmax_t>(in.gcount());
  }
  if (in.bad()) throw std::runtime_error(file.string() + " cannot be read to its end");
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256_final(&state, hash);
  char text[2 * sizeof hash + 1];
  out.sha256 = sodium_bin2hex(text, sizeof text, hash, sizeof hash);
  return out;
}

std::vector<fs::path> files_below(fs::path const& dir) {
  std::vector<fs::path> out;
  for (auto const& e : fs::recursive_directory_iterator(dir))
    if (e.is_regular_file()) out.push_back(fs::relative(e.path(), dir));
  std::sort(out.begin(), out.end());
  return out;
}

void copy_tree(fs::path const& from, fs::path const& to) {
  fs::create_directories(to);
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

// Segments only: a file that vanishes meanwhile was given back, and the copy that we have of it is good.
void copy_journal(fs::path const& from, fs::path const& to) {
  fs::create_directories(to);
  for (auto const& e : fs::directory_iterator(from)) {
    auto const name = e.path().filename().string();
    if (!name.starts_with("segment-") || !name.ends_with(".journal")) continue;
    std::error_code ec;
    fs::copy_file(e.path(), to / name, fs::copy_options::overwrite_existing, ec);
    if (ec && fs::exists(e.path())) throw std::runtime_error(e.path().string() + " cannot be copied: " + ec.message());
  }
}

bool empty_or_absent(fs::path const& dir) { return !fs::exists(dir) || fs::is_empty(dir); }

void write_manifest(fs::path const& dir, core::time_point at) {
  std::ostringstream lines;
  lines << first_line << "\n" << core::to_iso(at) << "\n";
  for (auto const& f : files_below(dir)) {
    auto const p = fingerprint_of(dir / f);
    lines << p.sha256 << "  " << p.size << "  " << f.string() << "\n";
  }
  std::ofstream out(dir / "manifest.txt", std::ios::binary);
  out << lines.str();
  out.flush();
  if (!out) throw std::runtime_error((dir / "manifest.txt").string() + " cannot be written: is the disk full?");
}

// The time of the backup. Throws with the first file that is not as it was written.
std::string check_manifest(fs::path const& dir) {
  std::ifstream in(dir / "manifest.txt");
  std::string line, time;
  if (!std::getline(in, line)) throw std::runtime_error(dir.string() + " holds no whole backup: manifest.txt, which is written last, is missing");
  if (line != first_line) throw std::runtime_error((dir / "manifest.txt").string() + ":1: \"" + line + "\" is no backup that this iocctl reads (" + std::string{first_line} + ")");
  std::getline(in, time);
  for (int n = 3; std::getline(in, line); ++n) {
    std::istringstream parts(line);
    fingerprint wanted;
    std::string path;
    parts >> wanted.sha256 >> wanted.size >> std::ws;
    std::getline(parts, path);
    auto const relative = fs::path(path).lexically_normal();
    if (path.empty() || relative.is_absolute() || *relative.begin() == "..")
      throw std::runtime_error((dir / "manifest.txt").string() + ":" + std::to_string(n) + ": \"" + line + "\" names no file of the backup");
    if (!fs::exists(dir / relative)) throw std::runtime_error((dir / relative).string() + " is missing from the backup");
    auto const is = fingerprint_of(dir / relative);
    if (is.size != wanted.size || is.sha256 != wanted.sha256) throw std::runtime_error((dir / relative).string() + " is damaged: it is not what the backup wrote");
  }
  return time;
}

// Held while we write into a data directory; the same lock file that the journal takes.
struct journal_lock {
  int fd;
  explicit journal_lock(fs::path const& dir) : fd(::open((dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd < 0 || ::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (fd >= 0) ::close(fd);
      throw std::runtime_error(dir.string() + " is in use: stop iocd first");
    }
  }
  ~journal_lock() { ::close(fd); }
  journal_lock(journal_lock const&) = delete;
  journal_lock& operator=(journal_lock const&) = delete;
};

void need_sodium() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
}

}  // namespace

int backup(arguments const& a, std::ostream& out) {
  need_sodium();
  auto const settings = config::load_server(a.option("config"));
  fs::path const to = a.option("to");
  if (!empty_or_absent(to)) throw std::runtime_error(to.string() + " is not empty: give a new folder to each backup");
  auto const db = database_of(settings);
  ::umask(0077);
  fs::create_directories(to);
  fs::permissions(to, fs::perms::owner_all);
  auto const at = std::chrono::floor<core::duration>(std::chrono::system_clock::now());
  fs::path const journal = fs::path(settings.data_dir) / "journal";
  copy_journal(journal, to / "journal");
  run_program({"pg_dump", "-d", db.url, "-n", "public", "-Fc", "--no-owner", "--no-privileges", "-f", (to / "database.dump").string()}, db.environment);
  auto const keeps = run_program({"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", db.url, "-c", "copy partman.part_config to stdout (format csv, header)"}, db.environment);
  std::ofstream(to / "partman.csv", std::ios::binary) << keeps;
  copy_journal(journal, to / "journal");
  copy_tree(settings.config_dir, to / "config");
  fs::copy_file(settings.path, to / "iocd.yaml");
  if (a.options.contains("broker-accounts")) fs::copy_file(a.option("broker-accounts"), to / "accounts.json");
  write_manifest(to, at);
  std::uintmax_t bytes = 0;
  auto const files = files_below(to);
  for (auto const& f : files) bytes += fs::file_size(to / f);
  if (a.json) out << json::object({{"backup", json::text(to.string())}, {"time", json::text(core::to_iso(at))}, {"files", std::to_string(files.size())}, {"bytes", std::to_string(bytes)}}) << "\n";
  else out << to.string() << ": " << files.size() << " files, " << bytes / 1'000'000 << " MB, of " << core::to_iso(at) << ". It holds password hashes and the broker's accounts: keep it as you keep them.\n";
  return 0;
}

int restore(arguments const& a, std::ostream& out) {
  need_sodium();
  auto const settings = config::load_server(a.option("config"), false);
  fs::path const from = a.option("from");
  auto const time = check_manifest(from);
  auto const db = database_of(settings);
  fs::path const journal = fs::path(settings.data_dir) / "journal";
  // Everything that could make us stop half way is looked at before anything is changed.
  if (auto const tables = sql(db, "select count(*) from pg_tables where schemaname = 'public'"); tables != "0")
    throw std::runtime_error("the database holds " + tables + " tables already: restore into a new one (deploy/postgres/create-extensions prepares it)");
  if (sql(db, "select count(*) from pg_extension where extname = 'pg_partman'") != "1")
    throw std::runtime_error("the database lacks pg_partman: run deploy/postgres/create-extensions first");
  ::umask(0077);
  fs::create_directories(journal);
  journal_lock const lock{journal};
  for (auto const& e : fs::directory_iterator(journal))
    if (e.path().filename() != "lock") throw std::runtime_error(journal.string() + " is not empty: restore into a new data_dir, or move the old journal away");
  fs::path const site = settings.config_dir;
  bool const with_site = empty_or_absent(site);
  if (!with_site && !a.flag("keep-config")) throw std::runtime_error(site.string() + " is not empty: move it away to have it restored, or add --keep-config to leave it as it is");
  bool const accounts = a.options.contains("broker-accounts");
  if (accounts && !fs::exists(from / "accounts.json")) throw std::runtime_error("the backup holds no broker accounts (it was taken without --broker-accounts)");
  if (accounts && fs::exists(a.option("broker-accounts"))) throw std::runtime_error(a.option("broker-accounts") + " exists: stop the broker and move it away first");

  run_program({"pg_restore", "-d", db.url, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments", "-n", "public", (from / "database.dump").string()},
              db.environment);
  run_program({"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-d", db.url, "-c", "delete from partman.part_config", "-c",
               "\\copy partman.part_config from '" + fs::absolute(from / "partman.csv").string() + "' with (format csv, header)"},
              db.environment);
  // A setting of the database itself, which no dump of a schema holds: days begin in UTC.
  sql(db, "do $$ begin execute format('alter database %I set timezone = ''UTC''', current_database()); exception when insufficient_privilege then null; end $$");
  copy_journal(from / "journal", journal);
  if (with_site) copy_tree(from / "config", site);
  if (accounts) fs::copy_file(from / "accounts.json", a.option("broker-accounts"));
  if (a.json) out << json::object({{"restored", json::text(from.string())}, {"time", json::text(time)}, {"config", with_site ? "true" : "false"}, {"accounts", accounts ? "true" : "false"}}) << "\n";
  else out << "restored as of " << time << ": database, journal" << (with_site ? ", configuration" : "") << (accounts ? ", broker accounts" : "") << ". Start the broker, then iocd.\n";
  return 0;
}

}  // namespace ioc::ctl
