#include "adapters/postgres/accounts.hpp"

#include "adapters/postgres/connections.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/text.hpp"

namespace ioc::postgres {

namespace {

constexpr auto read = pool::kind::read;
constexpr auto write = pool::kind::write;

std::optional<core::time_point> time_of(pqxx::field const& f) {
  return f.is_null() ? std::nullopt : std::optional(core::from_us(f.as<std::int64_t>()));
}

user_account user_of(pqxx::row const& r) {
  return {text_of(r[0]), text_of(r[1]), text_of(r[2]), text_of(r[3]), text_of(r[4]), r[5].as<bool>(), r[6].as<bool>(), r[7].as<int>(), time_of(r[8]), time_of(r[9])};
}

}  // namespace

std::optional<user_account> accounts::find_user(std::string const& name) const {
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    auto const rows = t.exec_params(sql::find_user, clean_text(name));
    return rows.empty() ? std::optional<user_account>() : std::optional(user_of(rows[0]));
  });
}

std::vector<user_account> accounts::list_users(std::optional<std::vector<std::string>> const& units) const {
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    auto const among = units ? std::optional(array_of(*units)) : std::nullopt;
    std::vector<user_account> out;
    for (auto const& row : t.exec_params(sql::list_users, or_null(among))) out.push_back(user_of(row));
    return out;
  });
}

void accounts::upsert_user(user_account const& u) {
  pool_->run(write, [&](pqxx::nontransaction& t) {
    return t.exec_params(sql::upsert_user, clean_text(u.name), clean_text(u.full_name), u.role, u.unit, u.password_hash, u.must_change, u.disabled).affected_rows();
  });
}

bool accounts::set_password(std::string const& name, std::string const& hash, bool must_change, core::time_point now) {
  return pool_->run(write, [&](pqxx::nontransaction& t) { return t.exec_params(sql::set_password, clean_text(name), hash, must_change, timestamp(now)).affected_rows(); }) > 0;
}

login_outcome accounts::note_login(std::string const& name, bool right, core::time_point now) {
  return pool_->run(write, [&](pqxx::nontransaction& t) {
    auto const rows = t.exec_params(sql::note_login, clean_text(name), right, timestamp(now), failures_allowed, locked_s);
    if (rows.empty()) return login_outcome{login_outcome::verdict::wrong, std::nullopt};
    auto const until = time_of(rows[0][1]);
    if (until && *until > now) return login_outcome{login_outcome::verdict::locked, until};
    return login_outcome{right ? login_outcome::verdict::accepted : login_outcome::verdict::wrong, std::nullopt};
  });
}

void accounts::save_session(session const& s) {
  pool_->run(write, [&](pqxx::nontransaction& t) {
    return t.exec_params(sql::save_session, hex(s.token_hash), s.user, timestamp(s.created_at), timestamp(s.ends_at), s.kind).affected_rows();
  });
}

std::optional<session> accounts::find_session(std::string const& token_hash, core::time_point now) const {
  return pool_->run(read, [&](pqxx::nontransaction& t) {
    auto const rows = t.exec_params(sql::find_session, hex(token_hash), timestamp(now));
    if (rows.empty()) return std::optional<session>();
    auto const& r = rows[0];
    return std::optional(session{from_hex(text_of(r[0])), text_of(r[1]), text_of(r[2]), *time_of(r[3]), *time_of(r[4]), *time_of(r[5])});
  });
}

void accounts::touch_session(std::string const& token_hash, core::time_point now) {
  pool_->run(write, [&](pqxx::nontransaction& t) { return t.exec_params(sql::touch_session, hex(token_hash), timestamp(now)).affected_rows(); });
}

bool accounts::delete_session(std::string const& token_hash) {
  return pool_->run(write, [&](pqxx::nontransaction& t) { return t.exec_params(sql::delete_session, hex(token_hash)).affected_rows(); }) > 0;
}

int accounts::delete_sessions_of(std::string const& user, std::optional<std::string> const& but_token_hash) {
  return pool_->run(write, [&](pqxx::nontransaction& t) {
    auto const kept = but_token_hash ? std::optional(hex(*but_token_hash)) : std::nullopt;
    return static_cast<int>(t.exec_params(sql::delete_sessions_of, clean_text(user), or_null(kept)).affected_rows());
  });
}

key_state accounts::claim_key(std::string const& key, std::string const& user, std::string const& request_hash, core::time_point now) {
  return pool_->run(write, [&](pqxx::nontransaction& t) {
    if (!t.exec_params(sql::claim_key, clean_text(key), user, hex(request_hash), timestamp(now)).empty()) return key_state{};
    auto const rows = t.exec_params(sql::read_key, clean_text(key), user);
    if (rows.empty()) return key_state{key_state::is::running, 0, ""};  // freed between the two: the caller asks again
    if (text_of(rows[0][0]) != hex(request_hash)) return key_state{key_state::is::different, 0, ""};
    if (rows[0][1].is_null()) return key_state{key_state::is::running, 0, ""};
    return key_state{key_state::is::done, rows[0][1].as<int>(), text_of(rows[0][2])};
  });
}

void accounts::finish_key(std::string const& key, std::string const& user, int status, std::string const& body) {
  pool_->run(write, [&](pqxx::nontransaction& t) { return t.exec_params(sql::finish_key, clean_text(key), user, status, clean_text(body)).affected_rows(); });
}

void accounts::free_key(std::string const& key, std::string const& user) {
  pool_->run(write, [&](pqxx::nontransaction& t) { return t.exec_params(sql::free_key, clean_text(key), user).affected_rows(); });
}

void accounts::free_unfinished_keys() {
  pool_->run(write, [&](pqxx::nontransaction& t) { return t.exec("delete from idempotency where status is null").affected_rows(); });
}

void accounts::delete_ended(core::time_point now) {
  pool_->run(write, [&](pqxx::nontransaction& t) {
    t.exec_params(sql::delete_ended, timestamp(now));
    return t.exec_params(sql::delete_old_keys, timestamp(now)).affected_rows();
  });
}

}  // namespace ioc::postgres
