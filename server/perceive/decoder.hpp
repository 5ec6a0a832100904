#pragma once
#include "core/observation.hpp"
#include "core/time.hpp"
#include "core/value.hpp"
#include "perceive/dialect_memory.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// What a vendor's message says, before devices are looked up: metric, channel and value in the canonical unit of the
// decoder's family. `unit` is the UCUM code of `v` ("" = boolean, text, or not said).
struct decoded_reading {
  std::string metric;
  std::string channel;
  std::string unit;
  core::value v;
  core::quality q = core::quality::good;
  std::optional<core::time_point> t;  // only where it differs from its element's
  bool historical = false;            // of another time by the device's own word: kept, never the current value

  std::string full_name() const { return channel.empty() ? metric : metric + "/" + channel; }
};

// A thing that happened; without a time of its own it has its element's.
struct decoded_event {
  std::string name;
  std::string data;  // JSON text, may be empty
};

// A vendor's own command or answer seen on the bus; only described, perceive acts on none of them.
struct decoded_command {
  bool to_device = true;
  std::string action;
  std::string id;         // the vendor's correlation, may be empty
  std::string ack_topic;  // where the answer comes, empty = there is none
};

// One record: what one device said at one time. `refused` not empty = this element breaks the contract; the text says why.
struct decoded_element {
  std::string native;
  std::optional<core::time_point> t;
  bool time_refused = false;  // it carried a time that cannot be one
  std::optional<std::uint64_t> seq;
  std::string identity;  // the vendor's own mark of a repeated record, e.g. deduplicationId
  std::uint64_t content = 0;  // hash of the element's text; tells repeats apart where there is no seq
  std::vector<decoded_reading> readings;
  std::vector<decoded_event> events;
  std::vector<core::command_reply> replies;
  std::optional<bool> online;
  std::string refused;
};

enum class decode_outcome : std::uint8_t { accept, ignore, reject };
enum class message_kind : std::uint8_t { telemetry, event, status, command };
std::string_view to_text(decode_outcome o);
std::string_view to_text(message_kind k);

// What a discovery message (Zigbee2MQTT's inventory, Home Assistant, a Sparkplug birth) tells of a device: it prefills the form with
// which somebody claims it. Texts as the vendor wrote them, cut to 256 bytes, empty where it says nothing.
struct discovered_device {
  std::string native;
  std::string name;
  std::string vendor;
  std::string model;
  std::string type;              // our device type where it is certain, e.g. siren
  std::vector<std::string> metrics;  // canonical "metric/channel" that it announces

  template <class A>
  void io(A& a) {
    a(native, name, vendor, model, type, metrics);
  }
};

// A message that the dialect wants sent to the field: a Sparkplug rebirth request. Sent only when live, never by a replay.
struct decoded_request {
  std::string topic;
  std::string payload;
  std::string why;
};

// A whole message. `reason` says why it was ignored or rejected; `security` marks what only an intruder would send.
struct decoded {
  decode_outcome outcome = decode_outcome::accept;
  message_kind kind = message_kind::telemetry;
  std::string reason;
  bool security = false;
  std::optional<decoded_command> command;
  std::vector<decoded_element> elements;
  std::vector<discovered_device> discovered;
  std::vector<decoded_request> requests;

  static decoded ignored(std::string why, message_kind k = message_kind::telemetry);
  static decoded rejected(std::string why);
  // The usual case: one element, to be filled in by the caller.
  static decoded of(message_kind k, std::string native);
};

// What config/sources/*.yaml says to a decoder. `naive_offset` = zone of times without an offset (default +07:00).
struct decoder_settings {
  std::chrono::minutes naive_offset{7 * 60};
  std::map<std::string, std::string> words;
  std::string_view word(std::string const& key, std::string_view fallback) const;
};

// Topic as the vendor made it (for native: the whole topic). `gateway` = the bridging account, empty unless bridged. Views live for
// the call. An element whose `native` is empty is the gateway itself (dialects that name the device by its credentials only).
struct decode_input {
  std::string_view topic;
  std::string_view payload;
  core::time_point arrival;
  bool retain = false;
  decoder_settings const* settings = nullptr;
  dialect_memory* memory = nullptr;  // never null in the hearer
  std::string_view gateway;
};

// Pure but for `memory`: the same input and memory give the same answer. Never throws for anything that is in a message.
using decode_function = decoded (*)(decode_input const&);

// By the name that stands in config/sources; null for an unknown one.
decode_function find_decoder(std::string_view name);
// By the family's name in a vectors file; null for an unknown one.
decode_function find_family(std::string_view family);
std::vector<std::string_view> decoder_names();

}  // namespace ioc::perceive
