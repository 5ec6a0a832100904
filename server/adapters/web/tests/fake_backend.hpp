#pragma once
#include "adapters/web/backend.hpp"
#include "adapters/web/password.hpp"

#include <sodium.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace ioc::web::test {

// Argon2id at its least (8 KiB), so that a test may log in often; hash_password's own cost is measured in session_test.
inline std::string const& good_hash() {
  static std::string const h = [] {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    std::string const password = "dung-mat-khau-1";
    if (crypto_pwhash_str(out.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN) != 0)
      throw std::runtime_error("no memory");
    return std::string(out.data());
  }();
  return h;
}

// Records what the adapter asks. `away` plays a database outage.
class recording_backend : public backend {
 public:
  std::map<std::string, account> accounts;
  std::map<std::string, stored_session> sessions;
  std::vector<std::pair<std::string, bool>> logins;
  std::vector<operation> operations;
  std::map<std::string, object> stored;
  readings_answer series;
  std::function<readings_answer(readings_query const&)> play;  // instead of `series`
  int questions = 0;
  readings_query asked;
  object_filter filter;
  op_result outcome{200, R"({"id":"x","state":"active_acked"})"};
  std::atomic<bool> away{false};
  std::chrono::milliseconds operate_takes{0};
  std::mutex mutex;

  recording_backend() {
    add("truc", "duty_officer", "03478");
    add("lanhdao", "commune_leader", "03478");
    add("quantri", "admin", "03478");
    add("kiemtoan", "auditor", "03478");
    add("manhinh", "kiosk", "03478");
    add("xakhac", "duty_officer", "03481");
    add("tinh", "province_officer", "14");
    add("moi", "duty_officer", "03478").must_change = true;
    add("nghi", "duty_officer", "03478").disabled = true;
  }
  account& add(std::string const& name, std::string const& role, std::string const& unit) {
    return accounts[name] = {name, "Người " + name, role, unit, good_hash(), false, false, {}};
  }

  std::optional<account> find_account(std::string const& name) override {
    auto const lock = here();
    auto const a = accounts.find(name);
    if (a == accounts.end()) return std::nullopt;
    return a->second;
  }
  void set_password(std::string const& name, std::string const& hash) override {
    auto const lock = here();
    accounts[name].password_hash = hash;
    accounts[name].must_change = false;
  }
  void note_login(std::string const& name, bool ok) override {
    auto const lock = here();
    logins.emplace_back(name, ok);
  }
  void save_session(std::string const& hash, std::string const& user, core::time_point ends) override {
    auto const lock = here();
    sessions[hash] = {user, ends};
  }
  std::optional<stored_session> find_session(std::string const& hash) override {
    auto const lock = here();
    auto const s = sessions.find(hash);
    if (s == sessions.end()) return std::nullopt;
    return s->second;
  }
  void delete_session(std::string const& hash) override {
    auto const lock = here();
    sessions.erase(hash);
  }
  void delete_other_sessions(std::string const& user, std::string const& hash) override {
    auto const lock = here();
    std::erase_if(sessions, [&](auto const& s) { return s.second.user == user && s.first != hash; });
  }
  std::vector<unit_node> units() override {
    auto const lock = here();
    return {{"14", "Tỉnh Sơn La", "", "province", {}},
            {"03478", "Xã Mường Bám", "14", "commune", {{"ban-nua", "Bản Nưa"}}},
            {"03481", "Xã Nậm Lầu", "14", "commune", {}}};
  }
  op_result operate(operation const& op) override {
    std::this_thread::sleep_for(operate_takes);
    auto const lock = here();
    operations.push_back(op);
    return outcome;
  }
  std::vector<registry_request> registry_asked;
  op_result registry_outcome{201, R"({"user":"03478/WL-01","password":"geheim"})"};
  op_result registry(registry_request const& r) override {
    auto const lock = here();
    registry_asked.push_back(r);
    return registry_outcome;
  }
  std::optional<std::string> registered_json(std::string const&, std::string const& device) override {
    auto const lock = here();
    if (device != "WL-01") return std::nullopt;
    return R"({"account":{"state":"active"}})";
  }
  // What a database would keep over a restart of the adapter.
  struct kept_key {
    std::string print;
    int status = 0;
    std::string body;
  };
  std::map<std::pair<std::string, std::string>, kept_key> keys;
  key_claim claim_key(std::string const& key, std::string const& user, std::string const& print) override {
    auto const lock = here();
    auto const [at, fresh] = keys.try_emplace({key, user}, kept_key{print, 0, ""});
    if (fresh) return {};
    if (at->second.print != print) return {key_claim::verdict::other_request, 0, ""};
    if (at->second.status == 0) return {key_claim::verdict::in_flight, 0, ""};
    return {key_claim::verdict::repeat, at->second.status, at->second.body};
  }
  void finish_key(std::string const& key, std::string const& user, int status, std::string const& body) override {
    auto const lock = here();
    keys[{key, user}].status = status;
    keys[{key, user}].body = body;
  }
  void free_key(std::string const& key, std::string const& user) override {
    auto const lock = here();
    keys.erase({key, user});
  }
  readings_answer readings(readings_query const& q) override {
    auto const lock = here();
    asked = q;
    ++questions;
    return play ? play(q) : series;
  }
  object_page list_objects(object_kind, object_filter const& f, std::size_t limit, std::string const& cursor) override {
    auto const lock = here();
    if (!cursor.empty() && cursor != "2") throw std::invalid_argument("cursor");
    filter = f;
    object_page p;
    for (auto const& [id, o] : stored)
      if (p.items.size() < limit) p.items.push_back(o);  // units are not looked at: the adapter must not rely on it
    return p;
  }
  std::optional<object> get_object(object_kind, std::string const& id) override {
    auto const lock = here();
    auto const o = stored.find(id);
    if (o == stored.end()) return std::nullopt;
    return o->second;
  }
  std::optional<std::vector<std::string>> rejected_of;  // what was last asked for
  object_page rejected(std::optional<std::vector<std::string>> const& units, std::size_t, std::string const&) override {
    auto const lock = here();
    rejected_of = units;
    return {{{"1", "03478", R"({"id":"1"})"}}, ""};
  }
  std::string ledger_json() override {
    auto const lock = here();
    return R"({"total":{"received":0}})";
  }
  std::optional<std::string> advice(std::string const& id, std::string const& role, std::vector<std::string> const&) override {
    auto const lock = here();
    return R"({"alert":")" + id + R"(","role":")" + role + R"("})";
  }
  std::string rules_json(std::string const& unit) override {
    auto const lock = here();
    return R"({"items":[{"unit":")" + unit + R"("}]})";
  }
  std::string metrics_text() override { return "ioc_up 1\n"; }
  std::vector<dependency> readiness() override { return {{"database", !away, away ? "away" : ""}, {"broker", true, ""}}; }

 private:
  std::unique_lock<std::mutex> here() {
    if (away) throw unavailable("played outage");
    return std::unique_lock(mutex);
  }
};

}  // namespace ioc::web::test
