#include "adapters/mqtt/packet.hpp"

#include <array>
#include <cstdio>

namespace ioc::mqtt::packet {
namespace {

constexpr std::uint8_t message_expiry = 0x02, session_expiry = 0x11, server_keep_alive = 0x13, receive_maximum = 0x21, maximum_packet_size = 0x27;

void put_u8(std::string& to, std::uint8_t v) { to.push_back(static_cast<char>(v)); }
void put_u16(std::string& to, std::uint16_t v) {
  put_u8(to, static_cast<std::uint8_t>(v >> 8));
  put_u8(to, static_cast<std::uint8_t>(v));
}
void put_u32(std::string& to, std::uint32_t v) {
  put_u16(to, static_cast<std::uint16_t>(v >> 16));
  put_u16(to, static_cast<std::uint16_t>(v));
}
void put_text(std::string& to, std::string_view v) {
  put_u16(to, static_cast<std::uint16_t>(v.size()));
  to.append(v);
}
void put_length(std::string& to, std::size_t n) {
  do {
    auto const low = static_cast<std::uint8_t>(n & 0x7f);
    n >>= 7;
    put_u8(to, n ? static_cast<std::uint8_t>(low | 0x80) : low);
  } while (n);
}
void put_packet(std::string& to, type kind, std::uint8_t flags, std::string_view body) {
  put_u8(to, static_cast<std::uint8_t>(static_cast<std::uint8_t>(kind) << 4 | flags));
  put_length(to, body.size());
  to.append(body);
}

// Reads from the front; after a read beyond the end `good` is false and every value is 0 or empty.
struct reader {
  std::string_view left;
  bool good = true;

  std::uint8_t u8() {
    if (left.empty()) return good = false, std::uint8_t{0};
    auto const v = static_cast<std::uint8_t>(left.front());
    left.remove_prefix(1);
    return v;
  }
  std::uint16_t u16() {
    auto const high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::string_view bytes(std::size_t n) {
    if (left.size() < n) return good = false, std::string_view{};
    auto const v = left.substr(0, n);
    left.remove_prefix(n);
    return v;
  }
  std::size_t length() {
    std::size_t v = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      auto const b = u8();
      v |= static_cast<std::size_t>(b & 0x7f) << shift;
      if (!(b & 0x80)) return v;
    }
    good = false;
    return 0;
  }
};

// Steps over one property's value; false: no property of MQTT 5.
bool skip_property(reader& r, std::uint8_t id) {
  switch (id) {
    case 0x01: case 0x17: case 0x19: case 0x24: case 0x25: case 0x28: case 0x29: case 0x2a:
      r.u8();
      return r.good;
    case 0x13: case 0x21: case 0x22: case 0x23:
      r.u16();
      return r.good;
    case 0x02: case 0x11: case 0x18: case 0x27:
      r.bytes(4);
      return r.good;
    case 0x0b:
      r.length();
      return r.good;
    case 0x03: case 0x08: case 0x09: case 0x12: case 0x15: case 0x16: case 0x1a: case 0x1c: case 0x1f:
      r.bytes(r.u16());
      return r.good;
    case 0x26:
      r.bytes(r.u16());
      r.bytes(r.u16());
      return r.good;
    default:
      return false;
  }
}

}  // namespace

void put_connect(std::string& to, options const& o, will_message const* will) {
  std::string body;
  put_text(body, "MQTT");
  put_u8(body, 5);
  put_u8(body, static_cast<std::uint8_t>((o.user.empty() ? 0 : 0x80) | (o.password.empty() ? 0 : 0x40) | (o.clean ? 0x02 : 0) | (will ? 0x2c : 0)));  // 0x2c: QoS 1, retained
  put_u16(body, static_cast<std::uint16_t>(o.keep_alive.count()));
  std::string properties;
  put_u8(properties, session_expiry);
  put_u32(properties, o.clean ? 0 : static_cast<std::uint32_t>(o.session_expiry.count()));
  put_u8(properties, receive_maximum);
  put_u16(properties, o.receive_maximum);
  put_u8(properties, maximum_packet_size);
  put_u32(properties, o.maximum_packet);
  put_length(body, properties.size());
  body += properties;
  put_text(body, o.client_id);
  if (will) {
    put_u8(body, 0);  // no properties
    put_text(body, will->topic);
    put_text(body, will->payload);
  }
  if (!o.user.empty()) put_text(body, o.user);
  if (!o.password.empty()) put_text(body, o.password);
  put_packet(to, type::connect, 0, body);
}

void put_subscribe(std::string& to, std::uint16_t id, std::string_view filter) {
  std::string body;
  put_u16(body, id);
  put_u8(body, 0);  // no properties
  put_text(body, filter);
  constexpr std::uint8_t qos_1 = 0x01, no_local = 0x04, retained_on_new = 0x10;
  put_u8(body, qos_1 | no_local | retained_on_new);
  put_packet(to, type::subscribe, 2, body);
}

void put_publish(std::string& to, std::string_view topic, std::string_view payload, std::uint8_t qos, bool retain, std::uint32_t expiry_s, std::uint16_t id) {
  std::string body;
  body.reserve(topic.size() + payload.size() + 16);
  put_text(body, topic);
  if (qos > 0) put_u16(body, id);
  put_u8(body, expiry_s > 0 ? 5 : 0);
  if (expiry_s > 0) {
    put_u8(body, message_expiry);
    put_u32(body, expiry_s);
  }
  body.append(payload);
  put_packet(to, type::publish, static_cast<std::uint8_t>(qos << 1 | (retain ? 1 : 0)), body);
}

void put_puback(std::string& to, std::uint16_t id) {
  char const bytes[] = {0x40, 2, static_cast<char>(id >> 8), static_cast<char>(id)};
  to.append(bytes, sizeof bytes);
}

void put_pingreq(std::string& to) { put_packet(to, type::pingreq, 0, {}); }
void put_disconnect(std::string& to, bool send_will) { put_packet(to, type::disconnect, 0, send_will ? std::string_view{"\x04", 1} : std::string_view{}); }

found next(std::string_view buffer, std::size_t most, frame& f) {
  reader r{buffer};
  auto const head = r.u8();
  std::size_t length = 0;
  bool ended = false;
  for (unsigned shift = 0; shift < 28 && !ended; shift += 7) {
    auto const b = r.u8();
    if (!r.good) return found::part;
    length |= static_cast<std::size_t>(b & 0x7f) << shift;
    ended = !(b & 0x80);
  }
  auto const header = buffer.size() - r.left.size();
  if (!ended || header + length > most) return found::broken;
  if (r.left.size() < length) return found::part;
  f.kind = static_cast<type>(head >> 4);
  f.flags = head & 0x0f;
  f.body = r.left.substr(0, length);
  f.bytes = header + length;
  return found::whole;
}

std::optional<connack> read_connack(frame const& f) {
  reader r{f.body};
  connack c;
  c.session_present = r.u8() & 1;
  c.reason = r.u8();
  if (r.good && r.left.empty()) return c;  // a broker of MQTT 3.1.1 that refuses version 5
  reader properties{r.bytes(r.length())};
  if (!r.good) return std::nullopt;
  while (!properties.left.empty()) {
    auto const id = properties.u8();
    if (id == receive_maximum) c.receive_maximum = properties.u16();
    else if (id == server_keep_alive) c.server_keep_alive = properties.u16();
    else if (!skip_property(properties, id)) return std::nullopt;
  }
  if (!properties.good || c.receive_maximum == 0) return std::nullopt;
  return c;
}

std::optional<publish> read_publish(frame const& f) {
  reader r{f.body};
  publish p;
  p.qos = static_cast<std::uint8_t>(f.flags >> 1 & 3);
  p.dup = f.flags & 8;
  p.retain = f.flags & 1;
  p.topic = r.bytes(r.u16());
  if (p.qos > 0) p.id = r.u16();
  r.bytes(r.length());
  p.payload = r.left;
  // We subscribe with QoS 1 and announce no topic aliases: neither QoS 2 nor an empty topic may come.
  if (!r.good || p.qos > 1 || p.topic.empty() || (p.qos == 1 && p.id == 0)) return std::nullopt;
  return p;
}

std::optional<answer> read_answer(frame const& f) {
  reader r{f.body};
  answer a;
  a.id = r.u16();
  if (f.kind == type::suback) {
    r.bytes(r.length());
    a.reason = r.u8();
  } else if (!r.left.empty()) {
    a.reason = r.u8();
  }
  if (!r.good) return std::nullopt;
  return a;
}

std::uint8_t read_disconnect(frame const& f) { return f.body.empty() ? 0 : static_cast<std::uint8_t>(f.body.front()); }

std::string words(std::uint8_t reason) {
  struct entry {
    std::uint8_t code;
    char const* text;
  };
  static constexpr std::array table{
      entry{0x01, "Unacceptable protocol version"}, entry{0x04, "Disconnect with will message"}, entry{0x80, "Unspecified error"}, entry{0x81, "Malformed packet"},
      entry{0x82, "Protocol error"}, entry{0x83, "Implementation specific error"}, entry{0x84, "Unsupported protocol version"}, entry{0x85, "Client identifier not valid"},
      entry{0x86, "Bad user name or password"}, entry{0x87, "Not authorized"}, entry{0x88, "Server unavailable"}, entry{0x89, "Server busy"}, entry{0x8a, "Banned"},
      entry{0x8b, "Server shutting down"}, entry{0x8c, "Bad authentication method"}, entry{0x8d, "Keep alive timeout"}, entry{0x8e, "Session taken over"},
      entry{0x8f, "Topic filter invalid"}, entry{0x90, "Topic name invalid"}, entry{0x93, "Receive maximum exceeded"}, entry{0x94, "Topic alias invalid"},
      entry{0x95, "Packet too large"}, entry{0x96, "Message rate too high"}, entry{0x97, "Quota exceeded"}, entry{0x98, "Administrative action"},
      entry{0x99, "Payload format invalid"}, entry{0x9a, "Retain not supported"}, entry{0x9b, "QoS not supported"}, entry{0x9c, "Use another server"},
      entry{0x9d, "Server moved"}, entry{0x9f, "Connection rate exceeded"}, entry{0xa0, "Maximum connect time"}};
  for (auto const& e : table)
    if (e.code == reason) return e.text;
  char text[16];
  std::snprintf(text, sizeof text, "reason 0x%02x", reason);
  return text;
}

}  // namespace ioc::mqtt::packet
