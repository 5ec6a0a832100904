#include "adapters/config/load.hpp"
#include "adapters/postgres/accounts.hpp"
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/migrate.hpp"
#include "adapters/web/password.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/json_text.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <ostream>
#include <set>

namespace ioc::ctl {

namespace {

postgres::options options_of(config::server_settings const& s) {
  postgres::options o;
  o.url = s.postgres.url;
  o.password_file = s.postgres.password_file;
  o.migrations_dir = s.migrations_dir;
  return o;
}

core::time_point now() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

// From standard input, never from the command line, which every process on the machine can read.
std::string new_password(arguments const& a) {
  if (!a.flag("password-stdin")) throw usage_error("the password comes from standard input: add --password-stdin");
  std::string password;
  std::getline(std::cin, password);
  if (password.ends_with('\r')) password.pop_back();
  if (!web::good_password(password)) throw std::runtime_error("the password is not good enough: at least 12 characters, at most 1,000 bytes");
  return password;
}

std::set<std::string> const roles{"duty_officer", "officer", "commune_leader", "admin", "auditor", "province_officer", "kiosk"};

// A unit that nobody knows would make an account that sees nothing. "vn" and "VN" are the same root.
std::string known_unit(std::string const& given, config::site const& site) {
  std::vector<std::string> known;
  auto const same = [](std::string const& a, std::string const& b) {
    auto const lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
  };
  for (auto const& u : site.tree) {
    if (same(u.code, given)) return u.code;
    known.push_back(u.code);
  }
  throw std::runtime_error("unit \"" + given + "\" does not exist; " + config::suggest(given, known, "units"));
}

std::string iso_or_null(std::optional<core::time_point> t) { return t ? json::text(core::to_iso(*t)) : "null"; }

}  // namespace

int user_add(arguments const& a, std::ostream& out) {
  auto const settings = config::load_server(a.option("config"));
  auto const& role = a.option("role");
  if (!roles.contains(role)) throw std::runtime_error("role \"" + role + "\" does not exist; " + config::suggest(role, {roles.begin(), roles.end()}, "roles"));
  postgres::user_account u;
  u.name = a.option("user");
  if (u.name.empty() || u.name.size() > 64) throw std::runtime_error("the name of an account has 1 to 64 bytes");
  u.full_name = a.option("name");
  u.role = role;
  u.unit = known_unit(a.option("unit"), config::load_site(settings.config_dir));
  auto const password = new_password(a);
  auto const options = options_of(settings);
  postgres::migrate(options);  // the first administrator comes before the first start of iocd
  postgres::accounts accounts(postgres::open_pool(options, 1));
  bool const known = accounts.find_user(u.name).has_value();
  if (!known) {
    u.password_hash = web::hash_password(password);
    u.must_change = !a.flag("no-change") && settings.first_login_changes_password;
  }
  accounts.upsert_user(u);
  if (a.json) out << json::object({{"user", json::text(u.name)}, {"created", json::boolean(!known)}}) << "\n";
  else if (known) out << u.name << " is there already: name, role and unit are as given now, the password is as it was (iocctl user passwd changes it)\n";
  else out << u.name << " added\n";
  return 0;
}

int user_list(arguments const& a, std::ostream& out) {
  postgres::accounts const accounts(postgres::open_pool(options_of(config::load_server(a.option("config"))), 1));
  std::vector<std::string> items;
  for (auto const& u : accounts.list_users(std::nullopt)) {
    if (a.json)
      items.push_back(json::object({{"user", json::text(u.name)}, {"name", json::text(u.full_name)}, {"role", json::text(u.role)}, {"unit", json::text(u.unit)},
                                    {"disabled", json::boolean(u.disabled)}, {"must_change_password", json::boolean(u.must_change)},
                                    {"locked_until", iso_or_null(u.locked_until)},
                                    {"last_login", iso_or_null(u.last_login)}}));
    else out << u.name << "\t" << u.role << "\t" << u.unit << "\t" << u.full_name << (u.disabled ? "\tdisabled" : "") << "\n";
  }
  if (a.json) out << json::object({{"items", json::array(items)}}) << "\n";
  return 0;
}

int user_passwd(arguments const& a, std::ostream& out) {
  auto const settings = config::load_server(a.option("config"));
  auto const password = new_password(a);
  postgres::accounts accounts(postgres::open_pool(options_of(settings), 1));
  auto const& name = a.option("user");
  if (!accounts.set_password(name, web::hash_password(password), !a.flag("no-change") && settings.first_login_changes_password, now())) {
    if (a.json) out << json::object({{"user", json::text(name)}, {"changed", "false"}}) << "\n";
    else out << "there is no account " << name << "\n";
    return 1;
  }
  // Whoever had the old password is out.
  auto const ended = accounts.delete_sessions_of(name);
  if (a.json) out << json::object({{"user", json::text(name)}, {"changed", "true"}, {"sessions_ended", std::to_string(ended)}}) << "\n";
  else out << "password of " << name << " changed, " << ended << " sessions ended\n";
  return 0;
}

int ledger(arguments const& a, std::ostream& out) {
  postgres::link l(options_of(config::load_server(a.option("config"))), "iocctl");
  l.limit(std::chrono::seconds{10});
  auto const rows = l.run(
      "select shard::text, position::text, coalesce(ledger::text, 'null'), to_char(committed_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') "
      "from position order by shard");
  if (rows.size() == 0) throw std::runtime_error("iocd has not written to this database yet");
  std::vector<std::string> items;
  for (int i = 0; i < rows.size(); ++i) {
    if (a.json)
      items.push_back(json::object({{"shard", std::string(rows.text(i, 0))}, {"position", std::string(rows.text(i, 1))},
          {"committed_at", json::text(rows.text(i, 3))}, {"ledger", std::string(rows.text(i, 2))}}));
    else out << "shard " << rows.text(i, 0) << ", position " << rows.text(i, 1) << ", committed " << rows.text(i, 3) << "\n" << rows.text(i, 2) << "\n";
  }
  if (a.json) out << json::object({{"items", json::array(items)}}) << "\n";
  return 0;
}

}  // namespace ioc::ctl
