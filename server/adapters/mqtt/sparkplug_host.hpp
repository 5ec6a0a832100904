#pragma once
#include "adapters/mqtt/client.hpp"

#include <optional>

namespace ioc::mqtt {

// The second connection of iocd, as a Sparkplug 3.0 host application: clean session, all of spBv1.0/#, and STATE. The broker holds
// {"online":false} as our will; once subscribed we say {"online":true} with the will's own timestamp, both retained. Who says that we
// are offline while we are not is corrected at once. The sink must not wait, and is not asked twice: a message that it refuses is counted
// as lost (its `seq` will show the gap) and the connection rests until resume(). One thread of its own; every member from any thread but Paho's.
class sparkplug_host {
 public:
  // `o` as for the main connection; filters, clean, will and broker_pid_file are set here. Throws as client does.
  sparkplug_host(options o, std::string host_id, sink s, state_handler on_state = {});
  ~sparkplug_host();
  sparkplug_host(sparkplug_host const&) = delete;
  sparkplug_host& operator=(sparkplug_host const&) = delete;

  void start();
  // Says {"online":false} with the time of now and disconnects.
  void stop();
  void resume();
  // An NCMD or DCMD: QoS 0, not retained. Never blocks; false: not connected.
  bool request(std::string topic, std::string payload);

  client_state state() const;
  std::uint64_t lost() const;       // refused by the sink
  std::uint64_t corrected() const;  // foreign "offline" that we answered

 private:
  struct impl;
  std::shared_ptr<impl> p_;
};

// For tests and for reading others' STATE: nothing unless `payload` is such a message.
struct host_state {
  bool online = false;
  std::int64_t timestamp = 0;  // ms
};
std::optional<host_state> read_state(std::string_view payload);
std::string state_payload(bool online, std::int64_t timestamp);

}  // namespace ioc::mqtt
