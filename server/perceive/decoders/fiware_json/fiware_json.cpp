#include "perceive/decoders/fiware_json/fiware_json.hpp"

#include "perceive/decoders/fiware_json/fiware_topic.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <algorithm>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

void read_group(json::object const& group, std::string_view device, decoder_settings const* settings, decoded& d) {
  // NGSI's own form wraps groups once more: {"actionType", "entities": […]}.
  if (auto const* entities = group.if_contains("entities"); entities && entities->is_array()) {
    for (auto const& entity : entities->get_array())
      if (entity.is_object() && d.elements.size() < 10'000) read_group(entity.get_object(), device, settings, d);
    return;
  }
  decoded_element e;
  e.native = std::string(device);
  e.content = hash_of(json::serialize(group));
  if (auto const* t = group.if_contains("TimeInstant"); t && !t->is_null()) {
    auto const* inner = member(t, "value");
    e.t = instant(inner ? inner : t, settings);
    e.time_refused = !e.t;
  }
  for (auto const& [name, v] : group) read_fiware_attribute(name, v, settings, e);
  if (!e.readings.empty()) d.elements.push_back(std::move(e));
}

decoded finish(decoded d) {
  if (d.elements.empty()) return decoded::ignored("no attribute that has a value");
  if (std::all_of(d.elements.begin(), d.elements.end(), tells_of_an_event)) d.kind = message_kind::event;
  return d;
}

}  // namespace

decoded decode_fiware_json(decode_input const& in) {
  auto const topic = read_fiware_topic(in.topic, "json");
  if (!topic.valid) return decoded::rejected("not a topic of a FIWARE IoT Agent");
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored("empty payload");
  if ((topic.what == "cmd" || topic.what == "cmdexe") && topic.rest.empty()) return read_fiware_command(topic, "json", in);
  if (topic.what == "configuration") return decoded::ignored("the agent's configuration exchange is not kept", message_kind::status);
  if (topic.what != "attrs") return decoded::rejected("unknown topic of a FIWARE IoT Agent");

  json_text const doc(payload);
  decoded d;
  if (!topic.rest.empty()) {
    // A single measure may be any bytes; what is no JSON is the text itself.
    if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");
    bool const structured = payload.starts_with('{') || payload.starts_with('[');
    if (!doc.ok() && structured) return decoded::rejected(doc.problem);
    auto& e = d.elements.emplace_back();
    e.native = std::string(topic.device);
    e.content = hash_of(payload, hash_of(topic.rest));
    json::value const plain(json::string_view(payload.data(), payload.size()));
    read_fiware_attribute(topic.rest, doc.ok() ? doc.root : plain, in.settings, e);
    if (e.readings.empty()) d.elements.clear();
    return finish(std::move(d));
  }
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (doc.root.is_object()) {
    read_group(doc.root.get_object(), topic.device, in.settings, d);
  } else if (doc.root.is_array()) {
    if (doc.root.get_array().size() > 10'000) return decoded::rejected("more than 10,000 groups");
    for (auto const& group : doc.root.get_array()) {
      if (!group.is_object()) return decoded::rejected("a group of measures is an object");
      read_group(group.get_object(), topic.device, in.settings, d);
    }
  } else {
    return decoded::rejected("measures are an object or an array of objects");
  }
  return finish(std::move(d));
}

}  // namespace ioc::perceive
