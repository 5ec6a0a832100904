#pragma once
#include "sim/link.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace ioc::sim {

// A publisher that loses nothing: MQTT 3.1.1, QoS 1, clean session, at most 1,000 under way. What the broker has not acknowledged when the
// connection breaks is sent again, in order, on the next one, which it makes by itself. Without Paho, which after a broker's sudden
// death repeats now and then a message with another's payload (docs/measured-facts.md). One thread; nothing happens but in work().
class publisher {
 public:
  // Called from work() for each message that the broker acknowledged, once, with the mark given to publish().
  using acknowledged = std::function<void(std::uint64_t mark)>;

  publisher(broker_address where, std::string client_id, acknowledged on_ack);
  ~publisher();
  publisher(publisher const&) = delete;
  publisher& operator=(publisher const&) = delete;

  // Throws std::runtime_error, one plain sentence, when the first connection fails.
  void connect();
  void publish(std::string topic, std::string payload, std::uint64_t mark);
  // Sends and reads for so long; tries to connect again where the connection is away.
  void work(std::chrono::milliseconds at_most);
  void close();  // says goodbye

  std::size_t unacknowledged() const { return waiting_.size() + under_way_.size(); }
  std::uint64_t reconnects() const { return connects_ > 0 ? connects_ - 1 : 0; }
  bool connected() const { return fd_ >= 0; }

 private:
  using clock = std::chrono::steady_clock;
  struct record {
    std::string topic, payload;
    std::uint64_t mark = 0;
    std::uint16_t id = 0;
    bool again = false;
  };
  std::string open_connection();  // empty = connected, else why not
  void lose();
  void fill();
  bool flush();
  bool read();
  void take(std::uint8_t first, std::string_view body);

  broker_address where_;
  std::string client_id_;
  acknowledged on_ack_;
  int fd_ = -1;
  std::string out_, in_;
  std::deque<record> waiting_, under_way_;
  std::uint16_t next_id_ = 1;
  std::uint64_t connects_ = 0;
  clock::time_point retry_at_{}, heard_{}, pinged_{};
};

}  // namespace ioc::sim
