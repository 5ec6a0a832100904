#pragma once
#include "adapters/mqtt/client.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ioc::mqtt {

// max_queued_messages and max_queued_bytes of config/broker/mosquitto.conf.in, for each client; 0 = no limit.
struct queue_limits {
  std::uint64_t messages = 1'000'000, bytes = 536'870'912;
};

// What Mosquitto 2.0 tells of itself in $SYS, every sys_interval (10 s). `dropped`: messages thrown away because a client's queue was full,
// since that broker's start and of all clients. `stored_*`: what its store holds, the queues of all clients and the retained messages:
// it names no client's queue, so that is the most that ours can be. Nothing = not told (yet).
struct broker_figures {
  std::optional<std::uint64_t> dropped, stored_messages, stored_bytes;
  std::optional<core::time_point> grew_at;  // when `dropped` was last found higher; wall clock
  std::uint64_t grown = 0;                  // drops of other starts of the broker, too, as far as they were heard of here

  // One message; false when it is none of these or no number. `now` = wall clock.
  bool take(std::string_view topic, std::string_view payload, core::time_point now);
  // Another connection: perhaps another start of the broker, which tells everything anew.
  void forget_store() { stored_messages = stored_bytes = std::nullopt; }

  // In words, empty while all is well: drops in the last hour, or a store beyond 80 % of what one client's queue may hold.
  std::string warning(core::time_point now, queue_limits const& limits = {}) const;
  // "0 dropped, store 812 messages, 1 MiB"; empty before the broker told anything.
  std::string text() const;
};

// Hears them on a connection of its own, clean: a persistent session would queue them while we are away, and our own connection does not
// read while the journal is full. Nothing of it goes into journal or ledger. `on_drop` runs on the connection's thread with each growth,
// and returns at once. A broker that refuses the subscription costs the figures only; state().reason says so.
class broker_watch {
 public:
  // `o`: as for the server's own connection; name, filters and session are set here.
  broker_watch(options o, std::function<void(std::uint64_t more, std::uint64_t dropped)> on_drop = {});
  ~broker_watch();
  broker_watch(broker_watch const&) = delete;
  broker_watch& operator=(broker_watch const&) = delete;

  void start();
  void stop();
  broker_figures figures() const;
  client_state state() const;

 private:
  struct impl;
  std::shared_ptr<impl> p_;
};

}  // namespace ioc::mqtt
