#include "adapters/config/load.hpp"
#include "adapters/mqtt/accounts_file.hpp"
#include "adapters/mqtt/broker_accounts.hpp"
#include "adapters/postgres/queries.hpp"
#include "adapters/postgres/registry_store.hpp"
#include "app/ctl/api_client.hpp"
#include "app/ctl/bridge_file.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/json_text.hpp"
#include "app/registry/device_text.hpp"
#include "perceive/catalogue.hpp"

#include <boost/json.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <ostream>
#include <thread>

namespace ioc::ctl {

namespace bj = boost::json;

namespace {

std::string option_or(arguments const& a, std::string const& name, std::string const& absent = {}) {
  auto const at = a.options.find(name);
  return at == a.options.end() ? absent : at->second;
}

postgres::options database(config::server_settings const& s) {
  postgres::options o;
  o.url = s.postgres.url;
  o.password_file = s.postgres.password_file;
  o.migrations_dir = s.migrations_dir;
  return o;
}

std::string text_in(bj::object const& o, std::string_view key) {
  auto const* v = o.if_contains(key);
  return v && v->is_string() ? std::string(v->get_string()) : std::string{};
}

std::string place(std::string const& unit, std::string const& device) { return "/api/v1/devices/" + escaped(unit) + "/" + escaped(device); }

std::string read_file(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path + " cannot be read: " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(in), {}};
}

// A new file with mode 0600; an existing one is not written over.
void write_secret(std::string const& path, std::string const& text) {
  int const fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error(path + " cannot be made: " + std::strerror(errno));
  bool good = true;
  for (std::size_t done = 0; good && done < text.size();) {
    auto const n = ::write(fd, text.data() + done, text.size() - done);
    good = n > 0;
    if (good) done += static_cast<std::size_t>(n);
  }
  good = ::fsync(fd) == 0 && good;
  ::close(fd);
  if (!good) throw std::runtime_error(path + " cannot be written");
}

// The fields of a device that stand on the command line, as the API takes them.
bj::object fields_of(arguments const& a) {
  core::device d;
  bj::object out;
  for (auto const& field : app::device_fields()) {
    if (field == "unit" || field == "device") continue;
    auto name = field;
    std::replace(name.begin(), name.end(), '_', '-');
    auto const given = a.options.find(name);
    if (given == a.options.end()) continue;
    if (auto const why = app::merge_cell(d, field, given->second, false); !why.empty()) throw usage_error("--" + name + ": " + why);
    out[field] = app::to_json(d).at(field);
  }
  if (auto const reason = option_or(a, "reason"); !reason.empty()) out["reason"] = reason;
  return out;
}

// ---------------------------------------------------------------- accounts of many

long pid_in(std::string const& file) {
  long pid = 0;
  return std::ifstream(file) >> pid ? pid : 0;
}

// Once; what waits in its sessions is saved by its orderly end.
void restart_broker(config::server_settings const& s, std::string const& command) {
  auto const before = pid_in(s.mqtt.broker_pid_file);
  if (!command.empty()) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("the accounts are written, but the broker could not be restarted: \"" + command + "\" failed; restart it by hand");
    return;
  }
  if (before <= 1) throw std::runtime_error("the accounts are written; restart the broker now (mqtt.broker_pid_file names no process, and there is no --restart COMMAND)");
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(before) + "/comm") >> std::ws, name);
  if (!name.starts_with("mosquitto") || ::kill(static_cast<pid_t>(before), SIGTERM) != 0)
    throw std::runtime_error("the accounts are written, but process " + std::to_string(before) + " could not be ended; restart the broker by hand");
  for (int i = 0; i < 600; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    auto const now = pid_in(s.mqtt.broker_pid_file);
    if (now > 1 && now != before && ::kill(static_cast<pid_t>(now), 0) == 0) return;
  }
  throw std::runtime_error("the accounts are written and the broker was ended, but nobody started it again within 60 s: start it by hand");
}

struct made_accounts {
  std::size_t made = 0, kept = 0;
};

made_accounts write_accounts(config::server_settings const& s, std::vector<std::pair<std::string, std::string>> const& devices, std::string const& passwords_out,
                             std::string const& restart) {
  if (s.mqtt.accounts_file.empty()) throw std::runtime_error("mqtt.accounts_file is not set: it names the JSON file of the broker's dynamic-security plugin");
  mqtt::accounts_file file(s.mqtt.accounts_file);
  std::string list = "unit,device,user,password\n";
  made_accounts out;
  for (auto const& [unit, device] : devices) {
    auto const user = mqtt::device_user(unit, device);
    if (file.has(user)) {
      ++out.kept;
      continue;
    }
    auto const password = mqtt::new_broker_password();
    file.put_device(unit, device, password);
    list += unit + "," + device + "," + user + "," + password + "\n";
    ++out.made;
  }
  if (out.made == 0) return out;
  write_secret(passwords_out, list);  // first: a password that nobody has is worth nothing
  file.save();
  restart_broker(s, restart);
  return out;
}

}  // namespace

int device_import(arguments const& a, std::ostream& out) {
  auto const settings = config::load_server(a.option("config"));
  bool const accounts = a.flag("accounts"), dry = a.flag("dry-run");
  auto const passwords_out = option_or(a, "passwords-out");
  if (accounts && passwords_out.empty()) throw usage_error("--accounts needs --passwords-out FILE: the passwords are shown nowhere else");
  if (accounts && ::access(passwords_out.c_str(), F_OK) == 0) throw usage_error("--passwords-out: " + passwords_out + " is there already");
  std::string target = "/api/v1/devices/import?dry_run=" + std::string(dry ? "1" : "0") + "&all_or_nothing=" + (a.flag("all-or-nothing") ? "1" : "0");
  if (accounts && !dry) target += "&accounts=1";
  if (auto const unit = option_or(a, "unit"); !unit.empty()) target += "&unit=" + escaped(unit);
  if (auto const reason = option_or(a, "reason"); !reason.empty()) target += "&reason=" + escaped(reason);
  api_client api(settings, option_or(a, "as"));
  auto const text = api.need("POST", target, read_file(a.operands.at(0)), "text/csv; charset=utf-8");
  auto report = bj::parse(text).as_object();
  made_accounts made;
  if (accounts && !dry && report.at("applied").as_bool()) {
    std::vector<std::pair<std::string, std::string>> devices;
    for (auto const& row : report.at("items").as_array())
      if (text_in(row.as_object(), "outcome") != "refused") devices.emplace_back(text_in(row.as_object(), "unit"), text_in(row.as_object(), "device"));
    made = write_accounts(settings, devices, passwords_out, option_or(a, "restart"));
  }
  if (a.json) {
    report["accounts_made"] = made.made;
    report["accounts_kept"] = made.kept;
    out << bj::serialize(report) << "\n";
  } else {
    for (auto const& row : report.at("items").as_array()) {
      auto const& o = row.as_object();
      if (text_in(o, "outcome") == "refused")
        out << a.operands[0] << ":" << o.at("line").as_int64() << ": " << text_in(o, "unit") << "/" << text_in(o, "device") << ": " << text_in(o, "reason") << "\n";
    }
    for (char const* what : {"created", "changed", "unchanged", "refused"}) out << what << " " << report.at(what).as_int64() << (std::strcmp(what, "refused") == 0 ? "\n" : ", ");
    if (!report.at("applied").as_bool()) out << (dry ? "a dry run: nothing was changed\n" : "nothing was changed\n");
    if (accounts && !dry) out << made.made << " accounts made (passwords in " << passwords_out << "), " << made.kept << " were there\n";
  }
  return report.at("refused").as_int64() > 0 ? 1 : 0;
}

namespace {
// The API's answer as it is, or as one line.
int tell(arguments const& a, std::ostream& out, std::string const& answer, std::string const& line) {
  out << (a.json ? answer : line) << "\n";
  return 0;
}

std::string account_text(bj::object const& o) {
  return "broker " + text_in(o, "broker") + "\nuser " + text_in(o, "user") + "\npassword " + text_in(o, "password") + "\nThe password is shown this once.";
}
}  // namespace

int device_add(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  auto const &unit = a.operands.at(0), &device = a.operands.at(1);
  auto body = fields_of(a);
  body["unit"] = unit;
  body["device"] = device;
  auto answer = api.need("POST", "/api/v1/devices", bj::serialize(body));
  std::string line = unit + "/" + device + " added";
  if (a.flag("account")) {
    auto const account = api.need("POST", place(unit, device) + "/account", "{}");
    auto both = bj::parse(answer).as_object();
    both["account"] = bj::parse(account);
    answer = bj::serialize(both);
    line += "\n" + account_text(bj::parse(account).as_object());
  }
  return tell(a, out, answer, line);
}

int device_claim(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  auto body = fields_of(a);
  if (auto const id = option_or(a, "id"); !id.empty()) body["device"] = id;
  auto const answer = api.need("POST", place(a.operands.at(0), a.operands.at(1)) + "/claim", bj::serialize(body));
  return tell(a, out, answer, a.operands[0] + "/" + a.operands[1] + " is registered as " + text_in(bj::parse(answer).as_object(), "device"));
}

int device_account(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  auto const answer = api.need("POST", place(a.operands.at(0), a.operands.at(1)) + "/account", "{}");
  return tell(a, out, answer, account_text(bj::parse(answer).as_object()));
}

int device_disable(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  auto const reason = option_or(a, "reason");
  auto const answer = api.need("DELETE", place(a.operands.at(0), a.operands.at(1)) + "/account" + (reason.empty() ? "" : "?reason=" + escaped(reason)));
  bool const pending = bj::parse(answer).as_object().at("pending").as_bool();
  return tell(a, out, answer, "the account of " + a.operands[0] + "/" + a.operands[1] + (pending ? " is disabled as soon as the broker is back" : " is disabled"));
}

int device_withdraw(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  auto const reason = option_or(a, "reason");
  auto const answer = api.need("DELETE", place(a.operands.at(0), a.operands.at(1)) + (reason.empty() ? "" : "?reason=" + escaped(reason)));
  return tell(a, out, answer, a.operands[0] + "/" + a.operands[1] + " is withdrawn");
}

// A gateway is a device of type "gateway": its account, its silence and its children are looked after like any other's.
int gateway_add(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  auto const &unit = a.operands.at(0), &name = a.operands.at(1);
  auto const is = api.send("GET", place(unit, name));
  bool there = false;
  if (is.status == 200) {
    auto const o = bj::parse(is.body).as_object();
    there = o.at("claimed").is_bool() && o.at("claimed").as_bool();
    if (there && text_in(o, "type") != "gateway") throw std::runtime_error(unit + "/" + name + " is registered as " + text_in(o, "type") + ", not as a gateway");
  }
  if (!there) {
    auto body = fields_of(a);
    body["unit"] = unit;
    body["device"] = name;
    body["type"] = "gateway";
    if (!body.contains("name")) body["name"] = name;
    api.need("POST", "/api/v1/devices", bj::serialize(body));
  }
  auto const account = bj::parse(api.need("POST", place(unit, name) + "/account", "{}")).as_object();
  bridge b{unit, name, option_or(a, "address", text_in(account, "broker")), text_in(account, "user"), text_in(account, "password"), option_or(a, "ca")};
  auto const text = bridge_file(b);
  auto const file = option_or(a, "out");
  if (!file.empty()) write_secret(file, text);
  if (a.json) {
    bj::object o{{"unit", unit}, {"gateway", name}, {"created", !there}, {"broker", b.address}, {"user", b.user}, {"topic_prefix", text_in(account, "topic_prefix")}};
    if (file.empty()) o["bridge"] = text;
    else o["file"] = file;
    out << bj::serialize(o) << "\n";
  } else if (file.empty()) {
    out << text;
  } else {
    out << file << " written: put it into /etc/mosquitto/conf.d of the commune's broker and restart that\n";
  }
  return 0;
}

int device_list(arguments const& a, std::ostream& out) {
  auto const settings = config::load_server(a.option("config"));
  auto const site = config::load_site(settings.config_dir);
  auto const wanted = option_or(a, "unit");
  auto const pool = postgres::open_pool(database(settings), 1);
  std::map<std::pair<std::string, std::string>, std::string> live;
  for (auto const& d : postgres::queries(pool).live_devices()) live[{d.unit, d.device}] = d.doc;
  auto const models = site.catalogue().models;
  pipeline::device_registry registry(site.units, models);
  pipeline::device_registry::entry_map entries;
  for (auto const& r : postgres::read_registry(pool))
    if (auto e = app::entry_from(bj::parse(r.doc), {r.unit, r.device})) entries[{r.unit, r.device}] = std::move(*e);
  registry.restore(std::move(entries), models);
  std::vector<std::string> items;
  bool any = wanted.empty();
  for (auto const& u : site.units) {
    if (!wanted.empty() && u.unit.code != wanted) continue;
    any = true;
    for (auto const& d : registry.devices(u.unit.code)) {
      auto const it = live.find({d.unit, d.id});
      auto const* e = registry.entry({d.unit, d.id});
      auto const account = std::string(app::to_text(e ? e->account : pipeline::account_state::none));
      if (a.json)
        items.push_back(json::object({{"unit", json::text(d.unit)}, {"device", json::text(d.id)}, {"name", json::text(d.name.vi)},
            {"type", json::text(d.type)}, {"zone", json::text_or_null(d.zone)}, {"model", json::text_or_null(d.model)},
            {"account", json::text(account)}, {"live", it == live.end() ? "null" : it->second}}));
      else out << d.unit << "\t" << d.id << "\t" << d.type << "\t" << d.zone << "\t" << (it == live.end() ? "never heard" : "heard") << "\t" << d.name.vi << "\n";
    }
  }
  if (!any) throw std::runtime_error("unit \"" + wanted + "\" does not exist");
  if (a.json) out << json::object({{"items", json::array(items)}}) << "\n";
  return 0;
}

}  // namespace ioc::ctl
