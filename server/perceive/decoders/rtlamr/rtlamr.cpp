#include "perceive/decoders/rtlamr/rtlamr.hpp"

#include "perceive/decode_help.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

// The counter, as the different messages of rtlamr call it: SCM, SCM+, IDM, NetIDM, R900, R900BCD.
json::value const* counter_of(json::value const& message) {
  for (std::string_view key : {"Consumption", "LastConsumptionCount", "LastConsumption", "consumption", "reading"})
    if (auto const* v = member(&message, key); v && !v->is_null()) return v;
  return nullptr;
}

bool missing(json::value const* v) {
  auto const word = text(v);
  return !v || v->is_null() || (word && is_missing(*word));
}

decoded state(std::string meter, std::string_view payload, decode_input const& in) {
  if (!payload.starts_with('{')) return scalar_message(std::move(meter), {"meter_reading", "", "1", 1}, payload, in.topic);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const* inner = member(&doc.root, "Message");
  auto const* said = counter_of(inner ? *inner : doc.root);
  if (missing(said)) return decoded::ignored("no reading in the message");
  auto const v = measured(said, "1");
  if (!v) return decoded::rejected("reading is no decimal number");
  auto d = decoded::of(message_kind::telemetry, std::move(meter));
  auto& e = d.elements.front();
  e.content = hash_of(payload);
  auto const* seen = member(&doc.root, inner ? "Time" : "lastseen");
  if (!missing(seen)) {
    e.t = instant(seen, in.settings);
    e.time_refused = !e.t;
  }
  add_number(e, "meter_reading", "", "1", *v);
  return d;
}

// The raw counter without the configured decimals: not the same number as the reading.
decoded attributes(std::string meter, std::string_view payload) {
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("attributes are an object");
  auto const* inner = member(&doc.root, "Message");
  auto const v = measured(counter_of(inner ? *inner : doc.root), "1");
  if (!v) return decoded::ignored("attributes without a counter");
  auto d = decoded::of(message_kind::telemetry, std::move(meter));
  auto& e = d.elements.front();
  e.content = hash_of(payload);
  add_number(e, "raw_value", "", "1", *v);
  return d;
}

}  // namespace

decoded decode_rtlamr(decode_input const& in) {
  static decoder_settings const defaults;
  std::string const base((in.settings ? *in.settings : defaults).word("base", "rtlamr"));
  if (!in.topic.starts_with(base + "/")) return decoded::rejected("not a topic below " + base);
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  auto const levels = topic_levels(in.topic.substr(base.size() + 1));
  if (levels.size() == 1 && levels[0] == "status") {
    auto const up = equal_fold(payload, "online");
    if (!up && !equal_fold(payload, "offline")) return decoded::rejected("status is online or offline");
    return online_message(base, up, payload);
  }
  if (levels.size() != 2 || levels[0].empty()) return decoded::rejected("not a topic of rtlamr2mqtt");
  if (levels[1] == "state") return state(std::string(levels[0]), payload, in);
  if (levels[1] == "attributes") return attributes(std::string(levels[0]), payload);
  return decoded::ignored("a topic whose content is not kept");
}

}  // namespace ioc::perceive
