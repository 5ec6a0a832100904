#include "perceive/decoders/fiware_json/fiware_topic.hpp"

#include "perceive/topic_levels.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

namespace ioc::perceive {
namespace json = boost::json;

fiware_topic read_fiware_topic(std::string_view topic, std::string_view protocol) {
  auto level = topic_levels(topic);
  std::size_t at = !level.empty() && level[0].empty() ? 1 : 0;
  // A key may be called "json" too: the protocol is one level more than the shortest form has.
  if (level.size() > at + 3 && level[at] == protocol) ++at;
  fiware_topic out;
  if (level.size() < at + 3) return out;
  out.key = level[at];
  out.device = level[at + 1];
  out.what = level[at + 2];
  if (level.size() > at + 3) out.rest = std::string_view(level[at + 3].data(), static_cast<std::size_t>(topic.data() + topic.size() - level[at + 3].data()));
  out.valid = !out.key.empty() && !out.device.empty() && !out.what.empty();
  return out;
}

namespace {

void answer(std::string_view text, bool failed, decoded_element& e) {
  e.readings.push_back({"command_status", "", "", std::string(failed ? "failed" : "ok")});
  if (!text.empty() && text.size() <= max_text) e.readings.push_back({"command_result", "", "", std::string(text)});
}

bool says_failed(std::string_view word) {
  return equal_fold(word, "error") || equal_fold(word, "failed") || equal_fold(word, "fail") || equal_fold(word, "nok");
}

}  // namespace

decoded read_fiware_command(fiware_topic const& topic, std::string_view protocol, decode_input const& in) {
  auto const payload = trimmed(in.payload);
  auto d = decoded::of(message_kind::command, std::string(topic.device));
  auto& e = d.elements.front();
  e.content = hash_of(payload);
  bool const request = topic.what == "cmd";
  decoded_command c;
  c.to_device = request;
  bool const is_json = payload.starts_with('{');
  auto const ack = [&](std::string_view by) { return "/" + std::string(by) + "/" + std::string(topic.key) + "/" + std::string(topic.device) + "/cmdexe"; };
  if (is_json) {
    json_text const doc(payload);
    if (!doc.ok()) return decoded::rejected(doc.problem);
    auto const& o = doc.root.get_object();
    if (o.empty()) return decoded::rejected("a command without a name");
    auto const& first = *o.begin();
    c.action = request ? std::string(first.key()) : "ack";
    if (request) {
      c.ack_topic = ack(protocol == "ul" ? "ul" : "json");
    } else {
      auto const& v = first.value();
      auto const* error = member(&v, "error");
      bool const failed = error || (v.is_string() && says_failed(v.get_string()));
      if (failed) c.action = "nack";
      std::string said;
      if (v.is_string()) said = std::string(v.get_string());
      else if (error) said = error->is_string() ? std::string(error->get_string()) : json::serialize(*error);
      else if (!v.is_null()) said = json::serialize(v);
      answer(said, failed, e);
    }
    d.command = std::move(c);
    return d;
  }
  if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");
  auto const at = payload.find('@');
  auto const bar = payload.find('|', at == std::string_view::npos ? 0 : at);
  if (at == std::string_view::npos || at == 0) return decoded::rejected("a command is device@name|value or a JSON object");
  auto const name = payload.substr(at + 1, bar == std::string_view::npos ? bar : bar - at - 1);
  if (name.empty()) return decoded::rejected("a command without a name");
  c.action = request ? cut(name, max_text) : "ack";
  if (request) {
    c.ack_topic = ack("ul");
  } else {
    auto const said = bar == std::string_view::npos ? std::string_view{} : payload.substr(bar + 1);
    bool const failed = says_failed(said.substr(0, said.find_first_of(" :|")));
    if (failed) c.action = "nack";
    answer(said, failed, e);
  }
  d.command = std::move(c);
  return d;
}

void read_fiware_attribute(std::string_view name, json::value const& v, decoder_settings const* settings, decoded_element& e) {
  if (name == "id" || name == "type" || name == "TimeInstant" || name == "@context") return;
  auto const place = [&](double latitude, double longitude) {
    e.readings.push_back({"position_latitude", "", "deg", latitude});
    e.readings.push_back({"position_longitude", "", "deg", longitude});
  };
  if (v.is_object()) {
    if (auto const* at = member(&v, "coordinates"); at && at->is_array() && at->get_array().size() >= 2) {
      auto const longitude = number(&at->get_array()[0]), latitude = number(&at->get_array()[1]);
      if (latitude && longitude) place(*latitude, *longitude);
      return;
    }
    if (auto const* inner = member(&v, "value"); inner && !inner->is_null()) read_fiware_attribute(name, *inner, settings, e);
    return;
  }
  if (v.is_array()) return;
  bool const where = equal_fold(name, "location") || equal_fold(name, "gps") || equal_fold(name, "position");
  if (auto const s = text(&v); s && where) {
    auto const cut = s->find_first_of(",/");
    if (cut != std::string_view::npos) {
      auto const latitude = decimal(s->substr(0, cut)), longitude = decimal(s->substr(cut + 1));
      if (latitude && longitude) place(*latitude, *longitude);
      return;
    }
  }
  read_named(name, v, {}, settings, e);
}

}  // namespace ioc::perceive
