#include "perceive/decoders/wmbusmeters/wmbusmeters.hpp"

#include "perceive/decoders/wmbusmeters/field_name.hpp"
#include "perceive/decode_help.hpp"

namespace ioc::perceive {
namespace json = boost::json;
namespace {

std::string plain(json::value const* v) {
  if (!v || v->is_null()) return {};
  if (auto const s = text(v)) return std::string(*s);
  return v->is_number() ? json::serialize(*v) : std::string();
}

// Flags of water and heat meters: "OK", "LEAKING BURST", "DRY", "POWER_LOW".
void read_status(std::string_view status, decoded_element& e) {
  if (status.empty() || is_missing(status)) return;
  add_text(e, "device_state", "", status);
  auto const word = lower(status);
  auto const says = [&](std::string_view w) { return word.find(w) != std::string::npos; };
  if (says("leak") || says("burst")) add_flag(e, "alarm", "leak", true);
  if (says("tamper") || says("sabotage") || says("removed")) add_flag(e, "tamper", "", true);
  if (says("battery") || says("power_low") || says("low_batt")) add_flag(e, "battery_low", "", true);
  if (says("permanent_error") || says("sensor_error") || says("hardware")) add_flag(e, "device_fault", "", true);
}

}  // namespace

decoded decode_wmbusmeters(decode_input const& in) {
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::status);
  json_text const doc(payload);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  if (!doc.root.is_object()) return decoded::rejected("a telegram is an object");
  auto native = plain(member(&doc.root, "id"));
  auto const name = plain(member(&doc.root, "name"));
  auto const media = lower(plain(member(&doc.root, "media")));
  if (native.empty()) native = name;
  if (native.empty()) return decoded::rejected("a telegram names its meter by id");
  if (auto const type = text(member(&doc.root, "_")); type && *type != "telegram") return decoded::ignored("not a telegram of a meter");

  auto d = decoded::of(message_kind::telemetry, native);
  auto& e = d.elements.front();
  e.content = hash_of(payload);
  if (auto const* t = member(&doc.root, "timestamp"); t && !t->is_null()) {
    decoder_settings utc;
    utc.naive_offset = std::chrono::minutes(0);
    e.t = instant(t, &utc);
    e.time_refused = !e.t;
  }
  std::size_t broken = 0;
  for (auto const& [key, v] : doc.root.get_object()) {
    if (v.is_null() || key == "id" || key == "name" || key == "media" || key.size() > 128) continue;
    auto f = wmbus_field_of(key, media);
    if (!f) continue;
    auto n = scaled(&v, f->unit, 1, f->times);
    if (!n) {
      auto const word = text(&v);
      broken += word && !is_missing(*word) ? 1 : 0;
      continue;
    }
    auto q = core::quality::good;
    if (f->metric == "temperature") {
      if (*n == 127) q = core::quality::bad;  // the meter has no such sensor
      if (key.ends_with("_f")) *n = (*n - 32) * 5 / 9;
    }
    add_number(e, f->metric, std::move(f->channel), f->unit, *n, q);
  }
  if (auto const status = text(member(&doc.root, "status"))) read_status(*status, e);
  if (e.readings.empty()) return broken ? decoded::rejected("no field holds a decimal number") : decoded::ignored("a telegram without a value that is kept");
  if (!name.empty() && name != native) d.discovered.push_back({native, name, "", plain(member(&doc.root, "meter")), "", {}});
  return d;
}

}  // namespace ioc::perceive
