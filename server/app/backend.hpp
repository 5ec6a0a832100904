#pragma once
#include "adapters/config/site.hpp"
#include "adapters/mqtt/broker_accounts.hpp"
#include "adapters/mqtt/broker_figures.hpp"
#include "adapters/mqtt/broker_log.hpp"
#include "adapters/mqtt/client.hpp"
#include "adapters/mqtt/sparkplug_host.hpp"
#include "adapters/postgres/accounts.hpp"
#include "adapters/postgres/queries.hpp"
#include "adapters/postgres/writer.hpp"
#include "adapters/web/backend.hpp"
#include "app/clock_watch.hpp"
#include "app/runner.hpp"

#include <atomic>
#include <functional>

namespace ioc::app {

// What each store may take of the disk; /readyz warns at 80 %. 0 = no share set.
struct disk_shares {
  std::int64_t database_mib = 0, rejected_mib = 0;
  std::int64_t waiting_bytes = 0;
};

// What the web adapter asks, answered by the pipeline (what is live) and the database (what was). Thread-safe; blocks the caller.
class backend final : public web::backend {
 public:
  struct parts {
    config::site const& site;
    runner& pipeline;
    journal::journal& log;
    postgres::writer& writer;
    postgres::queries queries;
    postgres::accounts accounts;
    mqtt::client& broker;
    std::function<bool()> database_up;
    std::function<std::uint64_t()> messages_in;  // appended in this run
    std::function<std::string()> web_metrics;
    bool first_login_changes_password = true;
    postgres::retention keep;
    disk_shares shares;
    clock_watch const* clocks = nullptr;
    mqtt::broker_accounts* broker_accounts = nullptr;  // null: mqtt.admin_user is not set
    mqtt::broker_log* broker_log = nullptr;            // null: mqtt.broker_log is not set
    mqtt::sparkplug_host const* field = nullptr;       // null: this server is no Sparkplug host
    std::string device_address;                        // where devices find the broker: mqtt(s)://host:port
    mqtt::broker_watch const* broker_says = nullptr;   // null: nobody asks the broker for its figures
  };
  explicit backend(parts p) : p_(std::move(p)) {}

  std::optional<web::account> find_account(std::string const& name) override;
  void set_password(std::string const& name, std::string const& password_hash) override;
  void note_login(std::string const& name, bool ok) override;
  void save_session(std::string const& token_hash, std::string const& user, core::time_point ends_at) override;
  std::optional<web::stored_session> find_session(std::string const& token_hash) override;
  void delete_session(std::string const& token_hash) override;
  void delete_other_sessions(std::string const& user, std::string const& token_hash) override;
  std::vector<web::unit_node> units() override;
  web::op_result operate(web::operation const& op) override;
  web::op_result registry(web::registry_request const& r) override;
  std::optional<std::string> registered_json(std::string const& unit, std::string const& device) override;
  web::key_claim claim_key(std::string const& key, std::string const& user, std::string const& print) override;
  void finish_key(std::string const& key, std::string const& user, int status, std::string const& body) override;
  void free_key(std::string const& key, std::string const& user) override;
  // Tells the broker of every account that the registry holds as disabled: what was decided while it was away.
  void repeat_disabled();
  web::readings_answer readings(web::readings_query const& q) override;
  web::object_page list_objects(web::object_kind kind, web::object_filter const& filter, std::size_t limit, std::string const& cursor) override;
  std::optional<web::object> get_object(web::object_kind kind, std::string const& id) override;
  web::object_page rejected(std::optional<std::vector<std::string>> const& units, std::size_t limit, std::string const& cursor) override;
  std::string ledger_json() override;
  std::optional<std::string> advice(std::string const& alert_id, std::string const& role, std::vector<std::string> const& units) override;
  std::string rules_json(std::string const& unit) override;
  std::string metrics_text() override;
  std::vector<web::dependency> readiness() override;

 private:
  std::optional<std::string> unit_of(core::uuid id, std::vector<std::string> const& units);
  web::op_result refusal_of_closed(web::operation const& op);
  bool saved_within(journal::position at, std::chrono::milliseconds limit) const;
  core::duration step_for(core::duration range, std::size_t points, core::time_point from) const;
  core::time_point kept_from(int days) const;
  std::optional<web::op_result> fault_of(pipeline::operation const& o);
  // registry/calls.cpp
  web::op_result change_one(web::registry_request const& r, pipeline::registry_change wish, int status);
  web::op_result claim(web::registry_request const& r);
  web::op_result import(web::registry_request const& r);
  web::op_result make_account(web::registry_request const& r);
  web::op_result disable_account(web::registry_request const& r);
  std::string sparkplug_text();
  web::op_result enable_account(web::registry_request const& r);
  bool tell_disabled(core::device_ref const& d, std::string& why);
  operation_reply operate_registry(web::registry_request const& r, std::vector<pipeline::registry_change> wishes);

  parts p_;
};

}  // namespace ioc::app
