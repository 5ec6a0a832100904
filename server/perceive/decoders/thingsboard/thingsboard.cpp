#include "perceive/decoders/thingsboard/thingsboard.hpp"

#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <algorithm>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// One object of telemetry: flat, or {"ts", "values"}. False when it is neither.
bool read_record(json::value const& record, std::string const& native, decoder_settings const* settings, decoded& d) {
  if (!record.is_object()) return false;
  auto const* values = &record;
  decoded_element e;
  e.native = native;
  if (auto const* inner = member(&record, "values")) {
    if (!inner->is_object()) return false;
    values = inner;
    if (auto const* ts = member(&record, "ts"); ts && !ts->is_null()) {
      auto const n = number(ts);
      e.t = n ? epoch(*n) : std::nullopt;
      e.time_refused = !e.t;
    }
  }
  for (auto const& [key, v] : values->get_object()) {
    if (values == &record && key == "ts" && v.is_number()) {
      auto const n = number(&v);
      if (n && epoch(*n)) {
        e.t = epoch(*n);
        continue;
      }
    }
    read_named(key, v, {}, settings, e);
  }
  e.content = hash_of(json::serialize(record), hash_of(native));
  d.elements.push_back(std::move(e));
  return true;
}

bool read_records(json::value const& v, std::string const& native, decoder_settings const* settings, decoded& d, std::size_t& room) {
  if (!v.is_array()) return room-- > 0 && read_record(v, native, settings, d);
  for (auto const& record : v.get_array())
    if (room == 0 || (--room, !read_record(record, native, settings, d))) return false;
  return true;
}

decoded finish(decoded d) {
  std::erase_if(d.elements, [](decoded_element const& e) { return e.readings.empty() && !e.online; });
  if (d.elements.empty()) return decoded::ignored("no value: all are missing", d.kind);
  if (d.kind == message_kind::telemetry && std::all_of(d.elements.begin(), d.elements.end(), tells_of_an_event)) d.kind = message_kind::event;
  return d;
}

std::string id_text(json::value const* v) {
  if (!v) return {};
  if (auto const s = text(v)) return cut(*s, 64);
  return v->is_number() ? json::serialize(*v) : std::string();
}

// An answer is the method's own JSON; {"error": …} or {"success": false} says that it failed.
void read_answer(json::value const& answer, decoded& d) {
  auto& e = d.elements.front();
  auto const success = truth(member(&answer, "success"));
  auto const* error = member(&answer, "error");
  bool const failed = success == false || (error && !error->is_null() && truth(error) != false);
  d.command->action = failed ? "nack" : "ack";
  e.readings.push_back({"command_status", "", "", std::string(failed ? "failed" : "ok")});
  std::string said;
  if (answer.is_string()) said = std::string(answer.get_string());
  else if (answer.is_number() || answer.is_bool()) said = json::serialize(answer);
  else if (auto const s = text(error)) said = std::string(*s);
  if (!said.empty() && said.size() <= max_text) e.readings.push_back({"command_result", "", "", std::move(said)});
}

decoded rpc(std::string_view topic, std::string_view payload) {
  bool const request = topic.find("request/") != std::string_view::npos || topic.starts_with("v2/r/req/");
  auto const id = topic.substr(topic.rfind('/') + 1);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto d = decoded::of(message_kind::command, "");
  d.elements.front().content = hash_of(payload, hash_of(topic));
  d.command = decoded_command{request, "rpc", cut(id, 64), ""};
  if (request) {
    if (!text(member(&doc.root, "method"))) return decoded::rejected("an RPC request names its method");
    d.command->ack_topic = topic.starts_with("v2/") ? "v2/r/res/" + std::string(id) : "v1/devices/me/rpc/response/" + std::string(id);
  } else {
    read_answer(doc.root, d);
  }
  return d;
}

decoded gateway(std::string_view what, std::string_view payload, decode_input const& in) {
  if (what == "attributes/request" || what == "attributes/response" || what == "claim") return decoded::ignored("the gateway's " + std::string(what) + " is not kept", message_kind::status);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a gateway's message is an object");
  auto const name = text(member(&doc.root, "device"));
  if (what == "connect" || what == "disconnect") {
    if (!name || name->empty()) return decoded::rejected("\"device\" is missing");
    auto d = decoded::of(message_kind::status, std::string(*name));
    auto& e = d.elements.front();
    e.online = what == "connect";
    e.content = hash_of(payload, hash_of(what));
    e.readings.push_back({"online", "", "", *e.online});
    if (auto const type = text(member(&doc.root, "type")); *e.online) d.discovered.push_back({std::string(*name), std::string(*name), "", std::string(type.value_or("")), "", {}});
    return d;
  }
  if (what == "rpc") {
    if (!name || name->empty()) return decoded::rejected("\"device\" is missing");
    auto d = decoded::of(message_kind::command, std::string(*name));
    d.elements.front().content = hash_of(payload);
    auto const* data = member(&doc.root, "data");
    // A request wraps id, method and params in `data`; an answer carries the id beside it.
    bool const request = text(member(data, "method")).has_value();
    auto id = id_text(member(&doc.root, "id"));
    if (id.empty()) id = id_text(member(data, "id"));
    d.command = decoded_command{request, "rpc", std::move(id), request ? "v1/gateway/rpc" : ""};
    if (!request) read_answer(data ? *data : doc.root, d);
    return d;
  }
  if (what != "telemetry" && what != "attributes") return decoded::rejected("unknown gateway topic of ThingsBoard");
  decoded d;
  d.kind = what == "telemetry" ? message_kind::telemetry : message_kind::status;
  std::size_t room = 10'000;
  // A server's attribute update comes on the same topic as {"device", "data"}.
  if (what == "attributes" && name && member(&doc.root, "data")) return decoded::ignored("a shared attribute for a device", message_kind::command);
  for (auto const& [device, records] : doc.root.get_object()) {
    if (device.empty() || device.size() > max_text) return decoded::rejected("a device without a usable name");
    if (!read_records(records, std::string(device), in.settings, d, room)) return decoded::rejected("device \"" + std::string(device) + "\": records are objects, at most 10,000 in all");
  }
  return finish(std::move(d));
}

}  // namespace

decoded decode_thingsboard(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  auto topic = in.topic;
  if (payload.empty()) return decoded::ignored("empty payload");
  if (topic.starts_with("v1/gateway/")) return gateway(topic.substr(11), payload, in);
  bool const own = topic.starts_with("v1/devices/me/");
  auto what = own ? topic.substr(14) : topic.starts_with("v2/") ? topic.substr(3) : std::string_view{};
  if (what.empty()) return decoded::rejected("not a topic of ThingsBoard");
  if (what.starts_with("rpc/request/") || what.starts_with("rpc/response/") || what.starts_with("r/req/") || what.starts_with("r/res/")) return rpc(topic, payload);
  if (what.starts_with("attributes/") || what.starts_with("a/req") || what.starts_with("a/res") || what == "claim" || what.starts_with("fw/") || what.starts_with("sw/"))
    return decoded::ignored("the platform's own exchange is not kept", message_kind::status);
  bool const telemetry = what == "telemetry" || what == "t" || what == "t/j", attributes = what == "attributes" || what == "a" || what == "a/j";
  // Default is JSON. What a profile of payload type protobuf means stands in the .proto texts of that profile, never in the message.
  static constexpr char protobuf[] = "a protobuf payload, whose schema stands only in the device's ThingsBoard profile: let the device publish JSON";
  if (what == "t/p" || what == "a/p") return decoded::rejected(protobuf);
  if (!telemetry && !attributes) return decoded::rejected("unknown topic of ThingsBoard");
  if (!valid_utf8(payload) || std::any_of(payload.begin(), payload.end(), [](unsigned char c) { return c < 0x20 && c != '\t' && c != '\n' && c != '\r'; })) return decoded::rejected(protobuf);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  decoded d;
  d.kind = telemetry ? message_kind::telemetry : message_kind::status;
  std::size_t room = 10'000;
  if (!read_records(doc.root, "", in.settings, d, room)) return decoded::rejected("telemetry is an object, {\"ts\", \"values\"}, or an array of those");
  return finish(std::move(d));
}

}  // namespace ioc::perceive
