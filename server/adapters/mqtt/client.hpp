#pragma once
#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::mqtt {

// One PUBLISH from the broker; the views live as long as the call.
struct incoming {
  std::string_view topic;
  std::string_view payload;
  std::uint8_t qos = 0;
  bool dup = false;
  bool retain = false;
};

// stored: acknowledge it. stored_nearly_full: acknowledge it and take no more for now. refused: do not, and take no more either.
enum class taken : std::uint8_t { stored, stored_nearly_full, refused };

// Takes one message to where it is safe; the broker gets its acknowledgement after this returned. Runs on the connection's one thread,
// so it must not wait and must not throw (a throw ends the process, unacknowledged). Of the client's calls it may use publish() only.
using sink = std::function<taken(incoming const&)>;

// What became of a publish(). reached_broker: acknowledged (QoS 0: written), whether or not anybody listens: Paho hides that answer.
// refused: the broker said no (rights; QoS 0: never told). lost: the connection went before an answer; it may have arrived or not.
enum class delivery : std::uint8_t { reached_broker, refused, lost };
using delivery_handler = std::function<void(std::uint64_t tag, delivery)>;

// What the broker says for us, QoS 1 and retained, when the connection breaks.
struct will_message {
  std::string topic;
  std::string payload;
};

// Times are as the MQTT fields they fill. TLS when `ca_file` is set (the host's name is checked); certificate and key are the
// client's own and optional. `broker_pid_file`: of a Mosquitto on this machine that shall save its sessions after a new one is made.
struct options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 1883;
  std::string client_id = "iocd";
  std::string user;
  std::string password;
  std::vector<std::string> filters;
  std::filesystem::path ca_file;
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
  bool allow_plain_outside = false;
  std::filesystem::path broker_pid_file;
  // No session at the broker: what is published while we are away is never heard. session_expiry counts for nothing then.
  bool clean = false;
  std::function<will_message()> will;  // asked before each connect, on the client's own thread; empty = no will
  std::chrono::seconds session_expiry{7 * 24 * 3600};
  std::chrono::seconds keep_alive{10};
  std::chrono::seconds connect_timeout{5};
  std::uint16_t receive_maximum = 2000;
  std::uint32_t maximum_packet = 4u << 20;  // as the broker's own limit: what is larger would fit no journal record
  std::size_t max_publishing = 1000;        // waiting or unanswered; publish() says no beyond
  std::chrono::milliseconds backoff_first{100};
  std::chrono::milliseconds backoff_most{5000};
};

enum class phase : std::uint8_t { stopped, connecting, connected, waiting, paused };

// `connected` = the subscriptions are acknowledged; `paused` = so they are, but messages stay at the broker. `since`: of this phase, wall
// clock. `session_present`: the broker still had our session at the last connect. `reason`: why it is not connected. `save_trouble`: why the broker could not be asked to save.
struct client_state {
  mqtt::phase phase = mqtt::phase::stopped;
  core::time_point since;
  bool session_present = false;
  std::string reason;
  std::string save_trouble;
  std::uint64_t received = 0;
  std::uint64_t received_dup = 0;
  std::uint64_t connects = 0;
  std::uint64_t new_sessions = 0;
  std::uint64_t pauses = 0;          // by pause() or a sink nearly full
  std::uint64_t refused_by_sink = 0;  // messages that stay at the broker, unacknowledged
  std::uint64_t saves_asked = 0;
  std::uint64_t published = 0;
  std::uint64_t published_lost = 0;
  bool connected() const { return phase == mqtt::phase::connected; }
};

// Called on the client's own thread with each change of phase.
using state_handler = std::function<void(client_state const&)>;

// A connection of iocd to the broker: MQTT 5, persistent session (unless `clean`), QoS 1, subscribed anew after every connect (Retain Handling 1,
// Retain As Published 0, No Local), back after a loss in 0.1 s to 5 s. One thread of its own waits for connects and answers, the
// connection has another that reads and writes; no caller waits for either. All members are safe from any thread but these two.
class client {
 public:
  // Throws std::runtime_error with one sentence on options that cannot work: plain text to another machine (unless
  // allow_plain_outside), an unreadable certificate, no filter, a malformed filter.
  client(options o, sink s, state_handler on_state = {}, delivery_handler on_delivery = {});
  ~client();
  client(client const&) = delete;
  client& operator=(client const&) = delete;

  void start();
  // Sends what is queued (at most 1 s), disconnects, keeps the session at the broker. No handler runs after it returns.
  void stop();
  // Takes no more messages, as after a sink said it is nearly full; the connection stays, and publish() goes on. The broker holds up to
  // Receive Maximum unacknowledged and queues the rest. resume() connects again, and the broker sends all of it.
  // A clean client disconnects instead, the broker sends its will, and resume() connects again.
  void pause();
  void resume();

  // Never blocks. False: not connected, or max_publishing reached; nothing was sent then. True: the delivery handler gets `tag` once.
  // QoS 0 or 1. `expiry` 0 = none; the broker drops it afterwards. Nothing is sent again after a lost connection.
  bool publish(std::string topic, std::string payload, std::uint8_t qos, bool retain, std::chrono::seconds expiry, std::uint64_t tag = 0);

  client_state state() const;

 private:
  struct impl;
  std::shared_ptr<impl> p_;
};

}  // namespace ioc::mqtt
