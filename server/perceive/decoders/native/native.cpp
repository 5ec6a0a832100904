#include "perceive/decoders/native/native.hpp"

#include "core/ids.hpp"
#include "perceive/decoders/native/native_quick.hpp"
#include "perceive/json_read.hpp"

#include <array>
#include <cmath>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

constexpr std::size_t max_name = 128;      // bytes of a metric or event name
constexpr std::size_t max_batch = 10'000;  // elements of one message
constexpr std::size_t max_data = 16 * 1024;

bool good_name(std::string_view s) {
  if (s.empty() || s.size() > max_name || s.front() == '/' || s.back() == '/') return false;
  for (char c : s)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

// `ts` and `seq`, common to all kinds. A time that cannot be one is no reason to lose the reading: arrival counts then.
void read_stamp(json::object const& o, decode_input const& in, decoded_element& e) {
  if (auto const* ts = o.if_contains("ts"); ts && !ts->is_null()) {
    e.t = instant(ts, in.settings);
    e.time_refused = !e.t;
  }
  auto const* seq = o.if_contains("seq");
  if (!seq || seq->is_null()) return;
  if (seq->is_int64() && seq->get_int64() >= 0) {
    e.seq = static_cast<std::uint64_t>(seq->get_int64());
  } else if (seq->is_uint64()) {
    e.seq = seq->get_uint64();
  } else if (seq->is_double() && seq->get_double() >= 0 && seq->get_double() < 9007199254740992.0 && std::trunc(seq->get_double()) == seq->get_double()) {
    e.seq = static_cast<std::uint64_t>(seq->get_double());  // 5.0, as some firmware writes all numbers
  } else {
    e.refused = "seq is not an unsigned whole number";
  }
}

// The reason why `v` cannot be a value, or null; null itself is a missing value and gives none.
char const* read_scalar(json::value const& v, core::value& out) {
  switch (v.kind()) {
    case json::kind::null: out = std::monostate{}; return nullptr;
    case json::kind::bool_: out = v.get_bool(); return nullptr;
    case json::kind::string: {
      auto const& s = v.get_string();
      if (s.size() > max_text) return "is a text of more than 256 bytes";
      out = std::string(s);
      return nullptr;
    }
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      if (auto const n = number(&v)) {
        out = *n;
        return nullptr;
      }
      return "is not a finite number";
    default: return "is neither number, boolean, text nor null";
  }
}

void read_value(std::string_view name, json::value const& v, decoded_element& e) {
  auto const refuse = [&](std::string const& why) { e.refused = "value \"" + cut(name, 64) + "\" " + why; };
  if (!good_name(name)) return refuse("has no usable name (1 to 128 bytes, no control characters)");
  decoded_reading r;
  r.metric = name;
  json::value const* inner = &v;
  if (v.is_object()) {
    inner = v.get_object().if_contains("v");
    if (!inner) return refuse("is an object without \"v\"");
    if (auto const* u = v.get_object().if_contains("u"); u && !u->is_null()) {
      if (!u->is_string() || u->get_string().size() > 32) return refuse("has a unit \"u\" that is no short text");
      r.unit = std::string(u->get_string());
    }
    if (auto const* q = v.get_object().if_contains("q"); q && !q->is_null()) {
      auto const word = q->is_string() ? core::quality_from(std::string_view(q->get_string())) : std::nullopt;
      if (!word) return refuse("has a quality \"q\" that is not good, suspect or bad");
      r.q = *word;
    }
  }
  if (char const* why = read_scalar(*inner, r.v)) return refuse(why);
  if (!std::holds_alternative<std::monostate>(r.v)) e.readings.push_back(std::move(r));
}

decoded_element read_record(json::value const& v, std::string const& device, decode_input const& in) {
  decoded_element e;
  e.native = device;
  if (!v.is_object()) {
    e.refused = "a record is an object";
    return e;
  }
  auto const& o = v.get_object();
  read_stamp(o, in, e);
  if (!e.seq || !e.t) e.content = hash_of(json::serialize(v));
  if (!e.refused.empty()) return e;
  auto const* values = o.if_contains("values");
  if (!values || !values->is_object()) {
    e.refused = "\"values\" is missing or no object";
    return e;
  }
  e.readings.reserve(values->get_object().size());
  for (auto const& [name, value] : values->get_object()) {
    read_value(name, value, e);
    if (!e.refused.empty()) break;
  }
  return e;
}

decoded read_telemetry(json::value const& root, std::string device, decode_input const& in) {
  decoded d;
  d.kind = message_kind::telemetry;
  if (root.is_object()) {
    d.elements.push_back(read_record(root, device, in));
    if (auto& e = d.elements.front(); !e.seq || !e.t) e.content = hash_of(trimmed(in.payload));  // as it came
  } else if (root.is_array()) {
    auto const& batch = root.get_array();
    if (batch.empty()) return decoded::ignored("an empty batch");
    if (batch.size() > max_batch) return decoded::rejected("a batch of more than 10,000 records");
    d.elements.reserve(batch.size());
    for (auto const& v : batch) d.elements.push_back(read_record(v, device, in));
  } else {
    return decoded::rejected("telemetry is an object or an array of objects");
  }
  return d;
}

decoded read_event(json::value const& root, std::string device, decode_input const& in) {
  if (!root.is_object()) return decoded::rejected("an event is an object");
  auto const& o = root.get_object();
  auto d = decoded::of(message_kind::event, std::move(device));
  auto& e = d.elements.front();
  read_stamp(o, in, e);
  if (!e.seq || !e.t) e.content = hash_of(json::serialize(root));
  auto const type = text(o.if_contains("type"));
  if (!type || !good_name(*type)) return decoded::rejected("an event needs a \"type\" of 1 to 128 bytes");
  auto const* clear = o.if_contains("clear");
  if (clear && !clear->is_null() && !clear->is_bool()) return decoded::rejected("\"clear\" of an event is true or false");
  decoded_event happened;
  happened.name = *type;
  // The end of a lasting event is an event of its own, so that a rule can name it as its clear_event.
  if (clear && clear->is_bool() && clear->get_bool()) happened.name += ":clear";
  if (auto const* data = o.if_contains("data"); data && !data->is_null()) {
    happened.data = json::serialize(*data);
    if (happened.data.size() > max_data) return decoded::rejected("\"data\" of an event is larger than 16 KiB");
  }
  e.events.push_back(std::move(happened));
  return d;
}

decoded read_status(std::string_view payload, std::string device, decode_input const& in) {
  auto d = decoded::of(message_kind::status, std::move(device));
  auto& e = d.elements.front();
  std::string word(payload.substr(0, 16));
  if (payload.starts_with('{') || payload.starts_with('"')) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    auto const state = doc.root.is_object() ? text(member(&doc.root, "state")) : text(&doc.root);
    if (!state) return decoded::rejected("a status object needs \"state\"");
    word = std::string(*state);
    if (doc.root.is_object()) read_stamp(doc.root.get_object(), in, e);
  }
  e.content = hash_of(payload);
  if (equal_fold(word, "online")) e.online = true;
  else if (equal_fold(word, "offline")) e.online = false;
  else return decoded::rejected("a status is online or offline");
  return d;
}

decoded read_ack(json::value const& root, std::string device, decode_input const& in) {
  static constexpr std::array<std::pair<std::string_view, core::ack_state>, 5> states{{
      {"accepted", core::ack_state::accepted}, {"running", core::ack_state::running}, {"succeeded", core::ack_state::succeeded},
      {"failed", core::ack_state::failed}, {"rejected", core::ack_state::rejected}}};
  if (!root.is_object()) return decoded::rejected("an ack is an object");
  auto const& o = root.get_object();
  auto d = decoded::of(message_kind::command, std::move(device));
  auto& e = d.elements.front();
  read_stamp(o, in, e);
  if (!e.seq || !e.t) e.content = hash_of(json::serialize(root));
  core::command_reply reply;
  auto const id = text(o.if_contains("id"));
  if (!id || !core::uuid::parse(*id)) return decoded::rejected("an ack needs the \"id\" (UUID) of its command");
  reply.id = core::uuid::parse(*id)->text();
  auto const state = text(o.if_contains("state"));
  bool found = false;
  for (auto const& [name, value] : states)
    if (state && *state == name) {
      reply.state = value;
      found = true;
    }
  if (!found) return decoded::rejected("the \"state\" of an ack is accepted, running, succeeded, failed or rejected");
  if (auto const* detail = o.if_contains("detail"); detail && !detail->is_null()) {
    auto const word = text(detail);
    if (!word || word->size() > max_text) return decoded::rejected("the \"detail\" of an ack is a text of at most 256 bytes");
    reply.detail = *word;
  }
  e.replies.push_back(std::move(reply));
  return d;
}

}  // namespace

decoded decode_native(decode_input const& in) {
  // ioc/v1/{unit}/{device}/{kind}
  auto rest = in.topic.substr(std::min<std::size_t>(7, in.topic.size()));
  auto const next_level = [&rest] {
    auto const slash = rest.find('/');
    auto const level = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    return level;
  };
  next_level();  // unit
  std::string device(next_level());
  std::string_view const kind = rest;
  if (!in.topic.starts_with("ioc/v1/") || kind.empty() || kind.find('/') != std::string_view::npos)
    return decoded::rejected("a native topic is ioc/v1/{unit}/{device}/{kind}");
  if (!core::valid_device_name(device)) return decoded::rejected("a device name is 1 to 64 of A-Z a-z 0-9 _ . -");
  if (kind == "command" || kind == "drill" || kind == "receipt") {
    auto d = decoded::rejected("only the server writes the kind \"" + std::string(kind) + "\"");
    d.security = true;
    return d;
  }
  bool const known = kind == "telemetry" || kind == "event" || kind == "status" || kind == "ack";
  if (!known) return decoded::rejected("unknown kind \"" + cut(kind, 64) + "\"");

  auto const payload = trimmed(in.payload);
  if (payload.empty()) return in.retain || kind == "status" ? decoded::ignored("retained message deleted", message_kind::status) : decoded::rejected("empty payload");
  if (kind == "status") return read_status(payload, std::move(device), in);
  if (kind == "telemetry")
    if (auto quick = read_telemetry_quickly(payload, device)) return std::move(*quick);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (kind == "telemetry") return read_telemetry(doc.root, std::move(device), in);
  if (kind == "event") return read_event(doc.root, std::move(device), in);
  return read_ack(doc.root, std::move(device), in);
}

}  // namespace ioc::perceive
