#include "adapters/postgres/migrate.hpp"

#include "adapters/postgres/link.hpp"
#include "adapters/postgres/sql.hpp"

#include <cctype>
#include <fstream>
#include <iterator>
#include <map>

namespace ioc::postgres {

namespace {

constexpr auto migration_lock = "-1";  // beside the shards' numbers, which start at 0

struct step {
  std::string name, text;
};

std::map<int, step> files(std::filesystem::path const& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) throw std::runtime_error("cannot read the folder of database migrations " + folder.string() + ": " + error.message());
  std::map<int, step> found;
  for (auto const& entry : entries) {
    std::string const name = entry.path().filename().string();
    if (entry.path().extension() != ".sql") continue;
    bool numbered = name.size() > 9 && name[4] == '-';
    for (std::size_t i = 0; numbered && i < 4; ++i) numbered = std::isdigit(static_cast<unsigned char>(name[i])) != 0;
    if (!numbered) throw std::runtime_error(entry.path().string() + " is no migration: its name must be NNNN-name.sql");
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || text.empty()) throw std::runtime_error("cannot read the migration " + entry.path().string());
    if (!found.try_emplace(std::stoi(name.substr(0, 4)), step{name, std::move(text)}).second)
      throw std::runtime_error("two migrations have the number of " + entry.path().string());
  }
  if (found.empty()) throw std::runtime_error("the folder " + folder.string() + " holds no migrations");
  return found;
}

void apply(link& l, int number, step const& s, std::string const& digest) {
  l.run("begin");
  try {
    l.script(s.text);
    l.run(sql::add_migration, {std::to_string(number), s.name, digest});
    l.run("commit");
  } catch (statement_error const& e) {
    if (e.lost) throw unavailable(std::string("PostgreSQL went away during the migration ") + s.name + ": " + e.what());
    std::string sentence = "the migration " + s.name + " failed: " + e.what();
    if (e.sqlstate == "42501") sentence += " (rights are missing: run deploy/postgres/create-extensions as a superuser)";
    throw std::runtime_error(sentence);
  }
}

}  // namespace

int migrate(link& l, options const& o) {
  auto const wanted = files(o.migrations_dir);
  l.limit(std::chrono::minutes{30});  // a later migration may rewrite a large table
  if (l.run(sql::has_partman).size() == 0)
    throw std::runtime_error("the database " + place_of(o) + " lacks the extension pg_partman: run deploy/postgres/create-extensions as a superuser (usually postgres)");
  l.run(sql::lock, {migration_lock});
  l.run(sql::make_migration_table);
  std::map<int, std::string> applied;
  auto const known = l.run(sql::migrations);
  for (int i = 0; i < known.size(); ++i) {
    int const number = std::stoi(std::string(known.text(i, 0)));
    if (!wanted.contains(number))
      throw std::runtime_error("the database " + place_of(o) + " is newer than this program: it has the migration " + std::string(known.text(i, 1)));
    applied[number] = known.text(i, 2);
  }
  int count = 0;
  for (auto const& [number, s] : wanted) {
    auto const digest_row = l.run(sql::sha256, {s.text});
    std::string const digest(digest_row.text(0, 0));
    auto const old = applied.find(number);
    if (old == applied.end()) {
      apply(l, number, s, digest);
      ++count;
    } else if (old->second != digest) {
      throw std::runtime_error("the migration " + s.name + " was changed after it had been applied to " + place_of(o) + ": restore it and add a new one");
    }
  }
  l.run("select pg_advisory_unlock(4804419, $1)", {migration_lock});
  l.limit(o.call_limit);
  return count;
}

int migrate(options const& o) {
  try {
    link l(o, "iocd migrations");
    return migrate(l, o);
  } catch (statement_error const& e) {
    throw unavailable("PostgreSQL at " + place_of(o) + " refused to migrate: " + e.what());
  }
}

}  // namespace ioc::postgres
