#pragma once
#include "adapters/mqtt/client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// MQTT 5 packets as bytes, the few that a subscriber with QoS 0 and 1 needs (OASIS MQTT 5.0, section 3). Pure: no socket, no clock.
namespace ioc::mqtt::packet {

enum class type : std::uint8_t {
  connect = 1, connack = 2, publish = 3, puback = 4, subscribe = 8, suback = 9, pingreq = 12, pingresp = 13, disconnect = 14
};

// Each appends one packet to `to`. Strings longer than 65,535 bytes do not fit MQTT: the caller has checked.
void put_connect(std::string& to, options const& o, will_message const* will = nullptr);
void put_subscribe(std::string& to, std::uint16_t id, std::string_view filter);  // QoS 1, No Local, Retain Handling 1
void put_publish(std::string& to, std::string_view topic, std::string_view payload, std::uint8_t qos, bool retain, std::uint32_t expiry_s, std::uint16_t id);
void put_puback(std::string& to, std::uint16_t id);
void put_pingreq(std::string& to);
void put_disconnect(std::string& to, bool send_will);  // the session stays as long as was agreed

// One whole packet at the front of a buffer; the views live as long as the bytes. `bytes` = its length with the header.
struct frame {
  packet::type kind{};
  std::uint8_t flags = 0;
  std::string_view body;
  std::size_t bytes = 0;
};

// whole: `f` is filled. part: more bytes are needed. broken: no MQTT, or a packet larger than `most`; nothing more can be read.
enum class found : std::uint8_t { whole, part, broken };
found next(std::string_view buffer, std::size_t most, frame& f);

// What the bodies say; nothing where they are malformed. Properties that we do not use are stepped over.
struct connack {
  bool session_present = false;
  std::uint8_t reason = 0;
  std::uint16_t receive_maximum = 65535;            // of the broker, for what we publish
  std::optional<std::uint16_t> server_keep_alive;   // seconds, overrules ours
};
struct publish {
  std::string_view topic, payload;
  std::uint16_t id = 0;  // 0 with QoS 0
  std::uint8_t qos = 0;
  bool dup = false, retain = false;
};
struct answer {  // PUBACK, and SUBACK of one filter
  std::uint16_t id = 0;
  std::uint8_t reason = 0;
};
std::optional<connack> read_connack(frame const& f);
std::optional<publish> read_publish(frame const& f);
std::optional<answer> read_answer(frame const& f);
std::uint8_t read_disconnect(frame const& f);

// MQTT 5's words for a reason code, section 2.4; "reason 0xNN" for one it does not know.
std::string words(std::uint8_t reason);

}  // namespace ioc::mqtt::packet
