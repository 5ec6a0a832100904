#pragma once
#include "adapters/mqtt/client.hpp"

#include <atomic>

namespace ioc::mqtt {

// What a connection tells its owner, from Paho's thread: every function returns at once.
class connection_events {
 public:
  virtual void message(incoming const& m) noexcept = 0;
  virtual void answered(std::uint64_t id, delivery d) noexcept = 0;
  virtual void lost(std::string why) noexcept = 0;

 protected:
  ~connection_events() = default;
};

// One connection, from CONNECT to its end, over one Paho client. A new one is made for every attempt: Paho would send unanswered
// publishes again on a reconnect, with their expiry started anew, and a command must not come late. Used by one thread, not Paho's.
class connection {
 public:
  connection(options const& o, std::string const& uri, connection_events& events);
  ~connection();
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;

  // Throw std::runtime_error with the reason; give up when `stopping` becomes true. connect() returns "session present".
  bool connect(std::atomic<bool> const& stopping);
  void subscribe(std::vector<std::string> const& filters, std::atomic<bool> const& stopping);
  // The answer comes as answered(id). False: Paho took it not, and no answer comes.
  bool publish(std::string topic, std::string payload, std::uint8_t qos, bool retain, std::chrono::seconds expiry, std::uint64_t id);
  // Says goodbye, keeping the session. `send_will`: the broker is to say our will nevertheless.
  void disconnect(bool send_will = false) noexcept;

 private:
  struct paho;
  std::unique_ptr<paho> p_;
};

}  // namespace ioc::mqtt
