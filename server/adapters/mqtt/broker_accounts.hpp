#pragma once
#include "adapters/mqtt/client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ioc::mqtt {

// What became of a change of accounts. `away`: the broker did not answer, and it may or may not have done it.
struct account_answer {
  bool done = false;
  bool away = false;
  bool missing = false;  // done, in that the broker has none of these accounts
  std::string why;  // one sentence where it is not done
};

// A gateway of one unit: `name` is its segment in ioc/raw/v1/{unit}/{name}/…; the account is "unit.name", as names are a unit's own.
struct gateway_account {
  std::string unit;
  std::string name;
  std::string password;
};
std::string device_user(std::string const& unit, std::string const& device);    // "unit/device"
std::string gateway_user(std::string const& unit, std::string const& gateway);  // "unit.gateway"

// Accounts of a running Mosquitto, through its dynamic-security plugin: JSON commands to $CONTROL/dynamic-security/v1, on a connection
// of its own with the administrator's account. One thread of its own holds that connection and comes back after a loss; callers wait for
// the plugin's answer, 5 s at most, and never touch Paho. Each change makes the broker rewrite its accounts file (2.6 ms at 500
// accounts, 16.6 ms at 3,000, and the broker stands still meanwhile): thousands at once go through accounts_file.hpp. Thread-safe.
class broker_accounts {
 public:
  // Host, port, TLS and account of `o` count. `on_connect` is called on the thread here after each connect; it may call the others.
  broker_accounts(options o, std::function<void()> on_connect = {});
  ~broker_accounts();
  broker_accounts(broker_accounts const&) = delete;
  broker_accounts& operator=(broker_accounts const&) = delete;
  void start();
  void stop();

  // Made, or its password renewed and it enabled again.
  account_answer put_device(std::string const& unit, std::string const& device, std::string const& password);
  account_answer put_gateway(gateway_account const& g);
  // Out at once: the broker cuts a live connection. An account that does not exist counts as done.
  account_answer disable(std::string const& user);
  // All at once; for a connect, when what was decided while the broker was away is told to it.
  account_answer disable(std::vector<std::string> const& users);
  // In again, with the password they had. One of several that does not exist is passed over.
  account_answer enable(std::vector<std::string> const& users);

  bool connected() const;
  std::string trouble() const;  // why it is not connected

 private:
  struct impl;
  std::shared_ptr<impl> p_;
};

// 128 random bits in hex, as deploy/broker/dynsec.py makes them.
std::string new_broker_password();

}  // namespace ioc::mqtt
