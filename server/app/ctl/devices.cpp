#include "adapters/config/load.hpp"
#include "adapters/mqtt/accounts_file.hpp"
#include "adapters/mqtt/broker_accounts.hpp"
#include "adapters/postgres/queries.hpp"
#include "adapters/postgres/registry_store.hpp"
#include "app/ctl/api_client.hpp"
#include "app/ctl/bridge_file.hpp"
#include "app/ctl/commands.hpp"
#include "app/ctl/json_text.hpp"
#include "app/ctl/secret_file.hpp"
#include "app/registry/device_text.hpp"
#include "core/ids.hpp"
#include "perceive/catalogue.hpp"

#include <boost/json.hpp>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
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
  secret_file(passwords_out).write(list);  // first: a password that nobody has is worth nothing
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

int device_enable(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  bj::object body;
  if (auto const reason = option_or(a, "reason"); !reason.empty()) body["reason"] = reason;
  auto const answer = api.need("POST", place(a.operands.at(0), a.operands.at(1)) + "/account/enable", bj::serialize(body));
  return tell(a, out, answer, "the account of " + a.operands[0] + "/" + a.operands[1] + " is enabled again, with the password it had");
}

int device_withdraw(arguments const& a, std::ostream& out) {
  api_client api(config::load_server(a.option("config")), option_or(a, "as"));
  auto const reason = option_or(a, "reason");
  auto const answer = api.need("DELETE", place(a.operands.at(0), a.operands.at(1)) + (reason.empty() ? "" : "?reason=" + escaped(reason)));
  return tell(a, out, answer, a.operands[0] + "/" + a.operands[1] + " is withdrawn");
}

namespace {
// Asked and answered no: exit code 1.
int no(arguments const& a, std::string const& why) {
  if (a.json) std::cout << json::object({{"error", json::text(why)}}) << "\n";
  else std::cerr << "iocctl: " << why << "\n";
  return 1;
}

std::string why_refused(api_client::answer const& is) {
  boost::system::error_code ec;
  auto const v = bj::parse(is.body, ec);
  auto const why = !ec && v.is_object() ? text_in(v.get_object(), "detail") : std::string{};
  return why.empty() ? "status " + std::to_string(is.status) : why;
}

// What can be known before the registry or the broker hears of it. `address` may be empty: the server then names its own.
void check_gateway(std::string const& unit, std::string const& name, bridge const& b, bool own_address) {
  if (unit.empty() || !std::all_of(unit.begin(), unit.end(), [](char c) { return c >= '0' && c <= '9'; })) throw usage_error("\"" + unit + "\" is no unit's code: write its digits, such as 03478");
  if (!core::valid_device_name(name)) throw usage_error("\"" + name + "\" is no gateway's name: 1 to 64 of A-Z a-z 0-9 _ . -");
  if (auto const why = address_fault(b.address); !b.address.empty() && !why.empty()) throw usage_error((own_address ? "--address: " : "mqtt.device_address: ") + why);
  if (std::any_of(b.ca.begin(), b.ca.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20; })) throw usage_error("--ca: a path without blanks is needed, as it stands in the bridge file");
}
}  // namespace

// A gateway is a device of type "gateway": its account, its silence and its children are looked after like any other's. Its bridge
// stops with an account that is renewed, so everything is looked at first and an account that is there is renewed on demand only.
int gateway_add(arguments const& a, std::ostream& out) {
  auto const settings = config::load_server(a.option("config"));
  auto const &unit = a.operands.at(0), &name = a.operands.at(1);
  bool const renew = a.flag("renew");
  bridge b{unit, name, option_or(a, "address", settings.mqtt.device_address), {}, {}, option_or(a, "ca")};
  check_gateway(unit, name, b, a.options.contains("address"));
  auto body = fields_of(a);
  auto const file = option_or(a, "out");
  std::unique_ptr<secret_file> target;
  if (!file.empty()) target = std::make_unique<secret_file>(file);
  api_client api(settings, option_or(a, "as"));

  auto const is = api.send("GET", place(unit, name));
  bool there = false;
  if (is.status == 200) {
    auto const o = bj::parse(is.body).as_object();
    there = o.at("claimed").is_bool() && o.at("claimed").as_bool();
    if (there && text_in(o, "type") != "gateway") return no(a, unit + "/" + name + " is registered as " + text_in(o, "type") + ", not as a gateway; nothing was changed");
    auto const* account = o.if_contains("account");
    auto const state = account && account->is_object() ? text_in(account->get_object(), "state") : std::string{};
    if (there && state != "none" && !renew)
      return no(a, unit + "/" + name + " is there already, its account is " + state + "; --renew gives it a new password, and its bridge is out until it has that; nothing was changed");
  } else if (is.status != 404) {
    throw std::runtime_error("iocd refuses it: " + why_refused(is));
  }
  if (renew && !there) return no(a, "there is no gateway " + unit + "/" + name + " to renew; without --renew it is made");
  if (!there) {
    body["unit"] = unit;
    body["device"] = name;
    body["type"] = "gateway";
    if (!body.contains("name")) body["name"] = name;
    api.need("POST", "/api/v1/devices", bj::serialize(body));
  }
  auto const stands = unit + "/" + name + (there ? " stays as it was" : " stays registered, without an account");
  api_client::answer made;
  try {
    made = api.send("POST", place(unit, name) + "/account", "{}");
  } catch (std::exception const& e) {
    throw std::runtime_error(std::string(e.what()) + "; whether the account's password was renewed is not known; " + unit + "/" + name + " is registered: run it again with --renew");
  }
  if (made.status >= 400) {
    auto const why = "iocd makes no account: " + why_refused(made) + "; ";
    if (there) throw std::runtime_error(why + stands);
    bool gone = false;
    try {
      gone = api.send("DELETE", place(unit, name) + "?reason=" + escaped("its account could not be made")).status < 300;
    } catch (std::exception const&) {
      // The sentence below says what stands.
    }
    throw std::runtime_error(why + (gone ? "the gateway was taken back: nothing was changed" : stands));
  }
  auto const account = bj::parse(made.body).as_object();
  if (b.address.empty()) b.address = text_in(account, "broker");
  b.user = text_in(account, "user");
  b.password = text_in(account, "password");
  std::string text;
  try {
    text = bridge_file(b);
    if (target) target->write(text);
  } catch (std::exception const& e) {
    throw std::runtime_error(std::string(e.what()) + "; " + unit + "/" + name + " is registered and its account has a new password that is written nowhere: run it again with --renew");
  }
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
