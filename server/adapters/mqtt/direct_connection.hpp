#pragma once
#include "adapters/mqtt/client.hpp"

#include <atomic>
#include <memory>

namespace ioc::mqtt {

// What a direct connection tells its owner, from its own thread; every function returns at once and may not call the connection.
class direct_events {
 public:
  // stored: it is acknowledged. stored_nearly_full: that too, and no further message is taken. refused: it is not acknowledged, nor
  // is any later one.
  virtual taken message(incoming const& m) noexcept = 0;
  virtual void answered(std::uint64_t id, delivery d) noexcept = 0;
  // Once, after the last message that the broker had sent was taken.
  virtual void lost(std::string why) noexcept = 0;

 protected:
  ~direct_events() = default;
};

// One connection to the broker, MQTT 5, QoS 0 and 1, from CONNECT to its end, without Paho: Paho reads a packet with three system calls,
// acknowledges each with another, and closes a socket that still holds messages as soon as one acknowledgement cannot be written; with
// a killed broker those are lost. Here everything that the broker sent is read to its end, whatever happens to our own writing.
// One thread of its own reads, writes and calls the events; the members are called by one other thread. Nothing is sent twice.
class direct_connection {
 public:
  // `holding`: while true, messages are read and dropped without an acknowledgement, so the broker keeps them, queues what follows its
  // 2,000 in flight, and sends all again on the next connection; publishing goes on. The thread sets it when it took the last one.
  direct_connection(options const& o, direct_events& events, std::atomic<bool>& holding);
  ~direct_connection();
  direct_connection(direct_connection const&) = delete;
  direct_connection& operator=(direct_connection const&) = delete;

  // Throw std::runtime_error with the reason; give up when `stopping` becomes true. connect() returns "session present".
  bool connect(std::atomic<bool> const& stopping);
  void subscribe(std::vector<std::string> const& filters, std::atomic<bool> const& stopping);
  // The answer comes as answered(id): for QoS 0 once it was handed to the socket.
  void publish(std::string topic, std::string payload, std::uint8_t qos, bool retain, std::chrono::seconds expiry, std::uint64_t id);
  // Says goodbye, keeping the session, and takes what still arrives until the broker closes (at most 2 s). `send_will`: the broker is to
  // say our will nevertheless.
  void disconnect(bool send_will = false) noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> p_;
};

}  // namespace ioc::mqtt
