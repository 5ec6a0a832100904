#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace ioc::config {

struct http_settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 = any free one
  std::string certificate, key;  // PEM files; empty = plain HTTP
  bool allow_plain_outside = false;
  std::string dashboard_dir, geo_dir;
};

struct mqtt_settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 1883;
  std::string user, password_file;
  std::string client_id = "iocd";  // names the persistent session
  std::string ca, certificate, key;
  bool allow_plain_outside = false;
  // For accounts of devices: the administrator of the dynamic-security plugin, and its file (only `iocctl device import --accounts`).
  std::string admin_user, admin_password_file, accounts_file;
  std::string broker_log;      // followed for publishes that the broker refused; empty = not counted
  std::string device_address;  // told to devices: mqtts://host:port; empty = as iocd itself connects
  std::string broker_pid_file;  // a new session is saved by a signal to this process; empty = the broker is elsewhere
};

// This server as a Sparkplug B host application; without a host id it is none. Topics name no commune: a group's unit stands in `groups`,
// every other group's is `unit` (empty = its messages are refused).
struct sparkplug_settings {
  std::string host_id;
  std::string unit;
  std::map<std::string, std::string> groups;  // Sparkplug group → unit
  double reorder_s = 5;
  double rebirth_every_s = 60;
  bool on() const { return !host_id.empty(); }
};

struct postgres_settings {
  std::string url;
  std::string password_file;
};

struct journal_settings {
  std::uint32_t max_mib = 1024;
  std::uint32_t segment_mib = 64;
  std::chrono::milliseconds sync{100};
};

// How long each kind of data is kept, in days; 0 = for ever. A coarser level is kept at least as long as the finer one below it.
struct retention_settings {
  int raw_days = 92;         // single readings
  int minute_days = 400;     // roll-ups
  int hour_days = 1'830;
  int day_days = 7'300;
  int event_days = 400;      // events of devices
  int rejected_days = 30;    // copies of refused messages; the ledger counts them for ever
};

// What each store may take of the disk, in MiB; /readyz warns at 80 %. 0 = no share set. `waiting`: rows on disk while PostgreSQL is
// away, a bound that holds; 0 = twice the journal.
struct share_settings {
  int database_mib = 0, rejected_mib = 0, waiting_mib = 0;
};

// Messages a second that one publisher may send for good, thirty seconds' worth at once, where its source names no number; 0 = without a
// limit. `publishers`: single ones by their account, "unit/device" or a gateway's "unit.name".
struct quota_settings {
  double device_per_s = 1'000, gateway_per_s = 5'000;
  std::map<std::string, double> publishers;
};

struct log_settings {
  std::string level = "info";
  std::string file;  // empty = stderr
};

// iocd.yaml as read and checked: no unknown key, paths absolute, no plain listener to the outside that was not asked for.
// Passwords are not in it: they stand in files of their own.
struct server_settings {
  std::string path;  // the file itself
  std::string data_dir, config_dir, migrations_dir;
  http_settings http;
  mqtt_settings mqtt;
  sparkplug_settings sparkplug;
  postgres_settings postgres;
  journal_settings journal;
  retention_settings retention;
  share_settings shares;
  quota_settings quotas;
  log_settings log;
  bool first_login_changes_password = true;
};

// The first line of a secret's file, without its line end. Throws config_error when it cannot be read or is empty; empty `path` =
// no password.
std::string read_secret(std::string const& path, std::string const& key, std::string const& settings_file);

}  // namespace ioc::config
