#include "adapters/mqtt/broker_accounts.hpp"

#include "adapters/mqtt/accounts_file.hpp"
#include "adapters/mqtt/direct_connection.hpp"
#include "adapters/mqtt/endpoint.hpp"

#include <boost/json.hpp>
#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace ioc::mqtt {

namespace json = boost::json;
using clock = std::chrono::steady_clock;

namespace {
constexpr auto control = "$CONTROL/dynamic-security/v1";
constexpr auto response = "$CONTROL/dynamic-security/v1/response";
constexpr std::chrono::seconds answer_within{5};

options own_options(options o) {
  o.client_id += "-accounts";
  o.filters = {response};
  o.session_expiry = std::chrono::seconds{1};  // nothing is worth keeping
  o.broker_pid_file.clear();
  return o;
}

json::array roles(std::string_view role) { return {json::object{{"rolename", role}}}; }
}  // namespace

// A request waits for as many answers as it holds commands: the plugin answers each with the command's correlationData.
struct broker_accounts::impl final : direct_events, std::enable_shared_from_this<impl> {
  struct waiting {
    std::size_t open = 0;
    std::vector<std::string> errors;  // by command; empty = fine
    bool lost = false;
  };

  options opt;
  std::function<void()> on_connect;
  std::thread thread;
  std::atomic<bool> stopping{false};
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool up = false, broken = false, greet = false;
  std::string why = "not started";
  std::uint64_t last = 0;
  std::map<std::uint64_t, std::shared_ptr<waiting>> requests;
  std::vector<std::string> outgoing;

  std::atomic<bool> holding{false};  // nothing is ever held back here
  std::uint64_t sent = 0;

  impl(options o, std::function<void()> f) : opt(own_options(std::move(o))), on_connect(std::move(f)) {}

  // --- from the connection's thread ---
  taken message(incoming const& m) noexcept override {
    read(m);
    return taken::stored;
  }
  void read(incoming const& m) noexcept try {
    if (m.topic != response) return;
    auto const answer = json::parse(json::string_view(m.payload.data(), m.payload.size()));
    auto const* list = answer.is_object() ? answer.get_object().if_contains("responses") : nullptr;
    if (!list || !list->is_array()) return;
    std::lock_guard const lock(mutex);
    for (auto const& one : list->get_array()) {
      auto const* o = one.if_object();
      auto const* mark = o ? o->if_contains("correlationData") : nullptr;
      if (!mark || !mark->is_string()) continue;
      std::string const text(mark->get_string());
      auto const dot = text.find('.');
      if (dot == std::string::npos) continue;
      auto const r = requests.find(std::strtoull(text.c_str(), nullptr, 10));
      if (r == requests.end()) continue;
      auto const i = std::strtoull(text.c_str() + dot + 1, nullptr, 10);
      if (i >= r->second->errors.size()) continue;
      auto const* error = o->if_contains("error");
      if (error && error->is_string()) r->second->errors[i] = std::string(error->get_string());
      if (r->second->open > 0) --r->second->open;
    }
    changed.notify_all();
  } catch (std::exception const&) {
    // No answer that we know: the caller waits its time and says so.
  }
  void answered(std::uint64_t, delivery) noexcept override {}
  void lost(std::string reason) noexcept override {
    std::lock_guard const lock(mutex);
    broken = true;
    why = std::move(reason);
    changed.notify_all();
  }

  // --- our thread ---
  void run() {
    auto wait = opt.backoff_first;
    while (!stopping) {
      {
        std::unique_lock lock(mutex);
        broken = false;
      }
      try {
        direct_connection c(opt, *this, holding);
        c.connect(stopping);
        c.subscribe(opt.filters, stopping);
        {
          std::lock_guard const lock(mutex);
          up = true;
          why.clear();
          greet = true;
        }
        wait = opt.backoff_first;
        serve(c);
        c.disconnect();
      } catch (std::exception const& e) {
        std::lock_guard const lock(mutex);
        why = e.what();
      }
      std::unique_lock lock(mutex);
      up = false;
      outgoing.clear();
      for (auto& [id, r] : requests) r->lost = true;
      changed.notify_all();
      changed.wait_for(lock, wait, [this] { return stopping.load(); });
      wait = std::min(wait * 2, opt.backoff_most);
    }
  }

  void serve(direct_connection& c) {
    std::thread greeter;
    std::unique_lock lock(mutex);
    while (!stopping && !broken) {
      if (std::exchange(greet, false) && on_connect) {
        // Beside this thread, which has to send what it asks for.
        greeter = std::thread([self = shared_from_this()] { self->on_connect(); });
      }
      auto const send = std::exchange(outgoing, {});
      if (send.empty()) {
        changed.wait_for(lock, std::chrono::milliseconds{500});
        continue;
      }
      lock.unlock();
      for (auto const& text : send) c.publish(control, text, 1, false, std::chrono::seconds{0}, ++sent);
      lock.lock();
    }
    for (auto& [id, r] : requests) r->lost = true;
    changed.notify_all();
    lock.unlock();
    if (greeter.joinable()) greeter.join();
  }

  // --- callers ---
  // The plugin's error for each command; throws account_answer with the reason when there was no whole answer.
  std::vector<std::string> ask(std::vector<json::object> commands) {
    auto const mine = std::make_shared<waiting>();
    mine->open = commands.size();
    mine->errors.resize(commands.size());
    std::unique_lock lock(mutex);
    auto const until = clock::now() + answer_within;
    changed.wait_until(lock, std::min(until, clock::now() + std::chrono::seconds{2}), [this] { return up || stopping.load(); });
    if (!up) throw account_answer{false, true, false, "the broker cannot be reached with the administrator's account: " + why};
    auto const id = ++last;
    json::array list;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      commands[i]["correlationData"] = std::to_string(id) + "." + std::to_string(i);
      list.push_back(std::move(commands[i]));
    }
    requests.emplace(id, mine);
    outgoing.push_back(json::serialize(json::object{{"commands", std::move(list)}}));
    changed.notify_all();
    changed.wait_until(lock, until, [&] { return mine->open == 0 || mine->lost; });
    requests.erase(id);
    if (mine->open > 0)
      throw account_answer{false, true, false, mine->lost ? "the connection to the broker was lost before its answer" : "the broker did not answer the change of accounts within 5 s"};
    return mine->errors;
  }

  // One command on each of many accounts, some at a time.
  account_answer all(char const* command, std::string const& verb, std::vector<std::string> const& users) try {
    constexpr std::size_t at_once = 50;
    std::size_t missing = 0;
    for (std::size_t from = 0; from < users.size(); from += at_once) {
      std::vector<json::object> commands;
      for (std::size_t i = from; i < std::min(users.size(), from + at_once); ++i) commands.push_back({{"command", command}, {"username", users[i]}});
      for (auto const& error : ask(std::move(commands))) {
        if (error == "Client not found") ++missing;
        else if (!error.empty()) return {false, false, false, "the broker refuses to " + verb + " the account: " + error};
      }
    }
    return {true, false, !users.empty() && missing == users.size(), {}};
  } catch (account_answer const& a) {
    return a;
  }
};

broker_accounts::broker_accounts(options o, std::function<void()> on_connect) : p_(std::make_shared<impl>(std::move(o), std::move(on_connect))) {}
broker_accounts::~broker_accounts() { stop(); }

void broker_accounts::start() {
  if (!p_->thread.joinable()) p_->thread = std::thread([p = p_] { p->run(); });
}

void broker_accounts::stop() {
  if (!p_->thread.joinable()) return;
  p_->stopping = true;
  p_->changed.notify_all();
  p_->thread.join();
}

bool broker_accounts::connected() const {
  std::lock_guard const lock(p_->mutex);
  return p_->up;
}

std::string broker_accounts::trouble() const {
  std::lock_guard const lock(p_->mutex);
  return p_->up ? "" : p_->why;
}

account_answer broker_accounts::put_device(std::string const& unit, std::string const& device, std::string const& password) try {
  auto const user = device_user(unit, device);
  auto const made = p_->ask({{{"command", "createClient"}, {"username", user}, {"password", password}, {"roles", roles("device")}}});
  if (made[0].empty()) return {true, false, false, {}};
  if (made[0] != "Client already exists") return {false, false, false, "the broker refuses the account: " + made[0]};
  // An old connection with the old password is cut by the disable in between.
  for (auto const& why : p_->ask({{{"command", "disableClient"}, {"username", user}},
                                  {{"command", "modifyClient"}, {"username", user}, {"password", password}, {"roles", roles("device")}},
                                  {{"command", "enableClient"}, {"username", user}}}))
    if (!why.empty()) return {false, false, false, "the broker refuses to renew the account: " + why};
  return {true, false, false, {}};
} catch (account_answer const& a) {
  return a;
}

account_answer broker_accounts::put_gateway(gateway_account const& g) try {
  auto const user = gateway_user(g.unit, g.name);
  auto const role = "gateway-" + user;
  json::array acls;
  for (auto const& a : gateway_rights(g.name, {g.unit})) acls.push_back(json::object{{"acltype", a.type}, {"topic", a.topic}, {"priority", a.priority}, {"allow", a.allow}});
  json::object const wanted{{"rolename", role}, {"textdescription", "gateway " + user}, {"acls", acls}};
  auto command = [&](char const* name, json::object fields) {
    fields["command"] = name;
    return fields;
  };
  auto made = p_->ask({command("createRole", wanted)});
  if (!made[0].empty()) made = p_->ask({command("modifyRole", wanted)});
  if (!made[0].empty()) return {false, false, false, "the broker refuses the gateway's role: " + made[0]};
  json::object const client{{"username", user}, {"password", g.password}, {"roles", roles(role)}};
  made = p_->ask({command("createClient", client)});
  if (made[0].empty()) return {true, false, false, {}};
  if (made[0] != "Client already exists") return {false, false, false, "the broker refuses the account: " + made[0]};
  for (auto const& why : p_->ask({command("modifyClient", client), {{"command", "enableClient"}, {"username", user}}}))
    if (!why.empty()) return {false, false, false, "the broker refuses to renew the account: " + why};
  return {true, false, false, {}};
} catch (account_answer const& a) {
  return a;
}

account_answer broker_accounts::disable(std::string const& user) { return disable(std::vector<std::string>{user}); }

account_answer broker_accounts::disable(std::vector<std::string> const& users) { return p_->all("disableClient", "disable", users); }
account_answer broker_accounts::enable(std::vector<std::string> const& users) { return p_->all("enableClient", "enable", users); }

std::string device_user(std::string const& unit, std::string const& device) { return unit + "/" + device; }
std::string gateway_user(std::string const& unit, std::string const& gateway) { return unit + "." + gateway; }

std::string new_broker_password() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) throw std::runtime_error("no random numbers");
  std::string out;
  for (auto const b : bytes) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

}  // namespace ioc::mqtt
