#include "perceive/decoders/fiware_ul/fiware_ul.hpp"

#include "perceive/decoders/fiware_json/fiware_topic.hpp"
#include "perceive/decoders/vocabulary/vocabulary.hpp"
#include "perceive/json_read.hpp"

#include <algorithm>
#include <vector>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

std::vector<std::string_view> parts(std::string_view s, char by) {
  std::vector<std::string_view> out;
  for (;;) {
    auto const cut = s.find(by);
    out.push_back(trimmed(s.substr(0, cut)));
    if (cut == std::string_view::npos) return out;
    s.remove_prefix(cut + 1);
  }
}

json::value text_value(std::string_view s) { return json::value(json::string_view(s.data(), s.size())); }

}  // namespace

decoded decode_fiware_ul(decode_input const& in) {
  auto const topic = read_fiware_topic(in.topic, "ul");
  if (!topic.valid) return decoded::rejected("not a topic of a FIWARE IoT Agent");
  auto const payload = trimmed(in.payload);
  if (payload.empty()) return decoded::ignored("empty payload");
  if ((topic.what == "cmd" || topic.what == "cmdexe") && topic.rest.empty()) return read_fiware_command(topic, "ul", in);
  if (topic.what == "configuration") return decoded::ignored("the agent's configuration exchange is not kept", message_kind::status);
  if (topic.what != "attrs") return decoded::rejected("unknown topic of a FIWARE IoT Agent");
  if (!valid_utf8(payload)) return decoded::rejected("payload is not valid UTF-8");

  decoded d;
  if (!topic.rest.empty()) {
    auto& e = d.elements.emplace_back();
    e.native = std::string(topic.device);
    e.content = hash_of(payload, hash_of(topic.rest));
    read_fiware_attribute(topic.rest, text_value(payload), in.settings, e);
  } else {
    std::size_t at = 0;
    for (auto const group : parts(payload, '#')) {
      ++at;
      if (group.empty()) continue;
      if (at > 10'000) return decoded::rejected("more than 10,000 groups");
      auto const field = parts(group, '|');
      auto& e = d.elements.emplace_back();
      e.native = std::string(topic.device);
      e.content = hash_of(group);
      std::size_t first = 0;
      if (field.size() % 2 == 1) {
        auto const time = text_value(field[0]);
        e.t = instant(&time, in.settings);
        // An odd number of fields means a time in front; anything else there is a pair that has lost its half.
        if (!e.t && !(field.size() > 1 && field[0].find('T') != std::string_view::npos && field[0].find(':') != std::string_view::npos))
          return decoded::rejected("group " + std::to_string(at) + ": a name without a value");
        e.time_refused = !e.t;
        first = 1;
      }
      for (std::size_t i = first; i + 1 < field.size(); i += 2) {
        if (field[i].empty()) return decoded::rejected("group " + std::to_string(at) + ": a value without a name");
        if (field[i] == "TimeInstant") {
          auto const time = text_value(field[i + 1]);
          e.t = instant(&time, in.settings);
          e.time_refused = !e.t;
          continue;
        }
        read_fiware_attribute(field[i], text_value(field[i + 1]), in.settings, e);
      }
    }
  }
  std::erase_if(d.elements, [](decoded_element const& e) { return e.readings.empty(); });
  if (d.elements.empty()) return decoded::ignored("no attribute that has a value");
  if (std::all_of(d.elements.begin(), d.elements.end(), tells_of_an_event)) d.kind = message_kind::event;
  return d;
}

}  // namespace ioc::perceive
