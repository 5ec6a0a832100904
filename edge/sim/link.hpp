#pragma once
#include "sim/encode.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ioc::sim {

struct broker_address {
  std::string host = "127.0.0.1";
  int port = 1883;
  std::string user;
  std::string password;
};

struct incoming {
  std::string topic;
  std::string payload;
};

// The one connection to the broker, MQTT 5, QoS 1, persistent session. Survives a broker that goes away: it reconnects by
// itself, subscribes again, and sends again whatever was not acknowledged, until it is. One thread calls it; Paho's threads
// only fill its inboxes, guarded inside.
class broker_link {
 public:
  // Called on Paho's thread for each publish that the broker acknowledged, with the mark given to publish().
  using acknowledged = std::function<void(std::uint64_t mark)>;

  broker_link(broker_address where, std::string client_id, acknowledged on_ack = {});
  ~broker_link();
  broker_link(broker_link const&) = delete;
  broker_link& operator=(broker_link const&) = delete;

  // Throws std::runtime_error, one plain sentence, when the first connection fails.
  void connect();
  void subscribe(std::vector<std::string> filters);  // QoS 1, and again after each reconnect
  void publish(message const& m, std::uint64_t mark = 0);
  // Sends again what waited longer than `age` while connected. Call it now and then.
  void resend(std::chrono::milliseconds age);
  // The next command, or nothing at `until`.
  std::optional<incoming> wait(std::chrono::steady_clock::time_point until);

  std::size_t unacknowledged() const;
  std::uint64_t sent() const;
  std::uint64_t reconnects() const;
  bool connected() const;
  // Waits for the last acknowledgements; false when some are missing at the end of `patience`.
  bool drain(std::chrono::seconds patience);
  void close();

 private:
  struct inner;
  std::unique_ptr<inner> in_;
};

}  // namespace ioc::sim
