#include "perceive/decode_help.hpp"

namespace ioc::perceive {

decoded blank(message_kind k, std::string device, decode_input const& in) {
  auto d = decoded::of(k, std::move(device));
  d.elements.front().content = hash_of(in.payload, hash_of(in.topic));
  return d;
}

decoded single(message_kind k, std::string device, decoded_reading r, decode_input const& in) {
  auto d = blank(k, std::move(device), in);
  d.elements.front().readings.push_back(std::move(r));
  return d;
}

decoded scalar_message(std::string native, scalar_rule const& rule, std::string_view payload, std::string_view topic) {
  if (is_missing(payload)) return decoded::ignored("no value");
  auto const v = scaled(payload, rule.unit, rule.divide);
  if (!v) return decoded::rejected(std::string(rule.metric) + " is no decimal number");
  auto d = decoded::of(message_kind::telemetry, std::move(native));
  auto& e = d.elements.front();
  e.content = hash_of(payload, hash_of(topic));
  add_number(e, rule.metric, rule.channel, rule.unit, *v);
  return d;
}

decoded online_message(std::string native, bool online, std::string_view payload) {
  auto d = decoded::of(message_kind::status, std::move(native));
  auto& e = d.elements.front();
  e.online = online;
  e.content = hash_of(payload);
  add_flag(e, "online", "", online);
  return d;
}

decoded command_message(std::string native, std::string action, std::string ack_topic, std::string id) {
  auto d = decoded::of(message_kind::command, std::move(native));
  d.command = decoded_command{true, std::move(action), std::move(id), std::move(ack_topic)};
  return d;
}

void set_time(decoded_element& e, boost::json::value const* said, decoder_settings const* settings) {
  if (!said || said->is_null()) return;
  e.t = instant(said, settings);
  e.time_refused = !e.t;
}

void set_utc_time(decoded_element& e, boost::json::value const* said) {
  decoder_settings utc;
  utc.naive_offset = std::chrono::minutes{0};
  set_time(e, said, &utc);
}

void add_number(decoded_element& e, std::string_view metric, std::string channel, std::string_view unit, double v, core::quality q) {
  e.readings.push_back({std::string(metric), std::move(channel), std::string(unit), v, q, std::nullopt});
}

void add_flag(decoded_element& e, std::string_view metric, std::string channel, bool v, core::quality q) {
  e.readings.push_back({std::string(metric), std::move(channel), "", v, q, std::nullopt});
}

void add_text(decoded_element& e, std::string_view metric, std::string channel, std::string_view v) {
  if (v.empty() || v.size() > max_text || !valid_utf8(v)) return;
  e.readings.push_back({std::string(metric), std::move(channel), "", std::string(v), core::quality::good, std::nullopt});
}

std::optional<std::string> kept_text(std::string_view payload) {
  payload = trimmed(payload);
  if (payload.empty() || !valid_utf8(payload)) return std::nullopt;
  return cut(payload);
}

std::optional<std::string> kept_text(boost::json::value const* v) {
  auto const s = text(v);
  return s ? kept_text(*s) : std::nullopt;
}

std::string channel_part(std::string_view text) {
  auto out = cut(trimmed(text), 64);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
  return valid_utf8(out) ? out : std::string();
}

std::string sub_channel(std::string_view outer, std::string_view inner) {
  std::string out(outer);
  if (!out.empty() && !inner.empty()) out += '/';
  return out += inner;
}

}  // namespace ioc::perceive
