#include "fuzz_input.hpp"

#include "perceive/json_read.hpp"
#include "perceive/xml_read.hpp"

#include <cmath>
#include <exception>

namespace ioc::fuzz {
namespace {

using perceive::decoded;

constexpr std::size_t most_elements = 10'000;
constexpr std::size_t most_readings = 100'000;

bool too_long(std::string const& s, std::size_t most) { return s.size() > most; }

std::string wrong_reading(perceive::decoded_reading const& r) {
  if (r.metric.empty()) return "a reading without a metric";
  if (too_long(r.metric, 256) || too_long(r.channel, 512)) return "a name without bounds: " + r.metric.substr(0, 80);
  if (!perceive::valid_utf8(r.metric) || !perceive::valid_utf8(r.channel)) return "a name that is no UTF-8";
  if (auto const* n = std::get_if<double>(&r.v); n && !std::isfinite(*n)) return "not finite: " + r.full_name();
  if (auto const* s = std::get_if<std::string>(&r.v)) {
    if (too_long(*s, perceive::max_text)) return "a text beyond 256 bytes: " + r.full_name();
    if (!perceive::valid_utf8(*s)) return "a text that is no UTF-8: " + r.full_name();
  }
  return {};
}

std::string wrong_event(perceive::decoded_event const& e) {
  if (e.name.empty() || too_long(e.name, 512)) return "an event without a usable name";
  if (e.data.empty()) return {};
  perceive::json_text const data(e.data);
  return data.ok() ? std::string() : "event data: " + data.problem;
}

std::string wrong(decoded const& d) {
  if (d.outcome != perceive::decode_outcome::accept && d.reason.empty()) return "an outcome without a reason";
  if (too_long(d.reason, 4096)) return "a reason without bounds";
  if (d.outcome == perceive::decode_outcome::accept && d.elements.empty() && d.discovered.empty() && d.requests.empty() && !d.command) return "accepted without anything in it";
  if (d.elements.size() > most_elements) return "more elements than a batch may have";
  std::size_t readings = 0;
  for (auto const& e : d.elements) {
    if ((readings += e.readings.size()) > most_readings) return "readings without bounds";
    for (auto const& r : e.readings)
      if (auto why = wrong_reading(r); !why.empty()) return why;
    for (auto const& h : e.events)
      if (auto why = wrong_event(h); !why.empty()) return why;
  }
  return {};
}

// Enough to tell two answers apart.
std::string gist(decoded const& d) {
  std::string out = std::string(perceive::to_text(d.outcome)) + "|" + std::string(perceive::to_text(d.kind)) + "|" + d.reason;
  for (auto const& e : d.elements) {
    out += "|" + e.native + (e.t ? "@" + std::to_string(core::to_us(*e.t)) : "") + e.refused;
    for (auto const& r : e.readings) out += ";" + r.full_name() + "=" + core::to_json(r.v);
  }
  return out;
}

// Values of parsed JSON as decoders ask for them.
void walk(boost::json::value const& v, std::size_t depth, std::string& why) {
  if (depth > perceive::max_json_depth + 1) {
    why = "JSON deeper than its limit came through";
    return;
  }
  if (auto const n = perceive::number(&v); n && !std::isfinite(*n)) why = "a number that is not finite came through";
  (void)perceive::truth(&v);
  (void)perceive::instant(&v, nullptr);
  if (v.is_array())
    for (auto const& c : v.get_array()) walk(c, depth + 1, why);
  if (v.is_object())
    for (auto const& [k, c] : v.get_object()) walk(c, depth + 1, why);
}

std::string read_json(std::string_view bytes) {
  perceive::json_text const doc(bytes);
  if (!doc.ok()) return {};
  std::string why;
  walk(doc.root, 0, why);
  return why;
}

void weigh(perceive::xml_node const& n, std::size_t depth, std::size_t& nodes, std::string& why) {
  if (depth > perceive::xml_text::max_depth) why = "XML deeper than its limit came through";
  if (n.name.empty()) why = "an element without a name";
  nodes += 1 + n.attributes.size();
  for (auto const& c : n.children) weigh(c, depth + 1, nodes, why);
}

std::string read_xml(std::string_view bytes) {
  perceive::xml_text const doc(bytes);
  if (!doc.ok()) return {};
  std::string why;
  std::size_t nodes = 0;
  weigh(doc.root, 1, nodes, why);
  if (nodes > perceive::xml_text::max_nodes) why = "more XML elements than their limit came through";
  if (doc.hostile) why = "hostile XML came through";
  return why;
}

std::string play(perceive::decode_function decode, message const& m, perceive::dialect_memory& memory) {
  static perceive::decoder_settings const settings;
  perceive::dialect_memory before = memory;
  auto const arrival = core::from_ms(1'767'578'460'000);
  perceive::decode_input in{m.topic, m.payload, arrival, m.retain, &settings, &memory, "gateway"};
  try {
    auto const d = decode(in);
    if (auto why = wrong(d); !why.empty()) return why;
    in.memory = &before;
    if (gist(decode(in)) != gist(d)) return "the same message and memory, another answer";
    if (before.all() != memory.all()) return "the same message and memory, another memory";
  } catch (std::exception const& e) {
    return std::string("an exception: ") + e.what();
  }
  return {};
}

}  // namespace

std::vector<message> messages_of(std::string_view input) {
  auto const one = [](std::string_view s) {
    auto const nul = s.find('\0');
    return nul == std::string_view::npos ? message{"", std::string(s), false} : message{std::string(s.substr(0, nul)), std::string(s.substr(nul + 1)), false};
  };
  std::vector<message> out;
  auto const at = input.find(divider);
  out.push_back(one(input.substr(0, at)));
  if (at == std::string_view::npos) {
    out.push_back(out.front());
    out.back().retain = true;
  } else {
    out.push_back(one(input.substr(at + divider.size())));
  }
  return out;
}

std::string input_of(std::vector<message> const& messages) {
  std::string out;
  for (auto const& m : messages) {
    if (!out.empty()) out += divider;
    out += m.topic;
    out += '\0';
    out += m.payload;
  }
  return out;
}

std::vector<std::string> target_names() {
  std::vector<std::string> out{"json_read", "xml_read"};
  for (auto const n : perceive::decoder_names()) out.emplace_back(n);
  return out;
}

std::string complaint(std::string_view target, std::vector<message> const& messages) {
  auto const decode = perceive::find_decoder(target);
  if (!decode && target != "json_read" && target != "xml_read") return "there is no decoder \"" + std::string(target) + "\"";
  perceive::dialect_memory memory;
  for (auto const& m : messages) {
    if (!perceive::valid_utf8(m.topic)) continue;  // no broker passes such a topic on (MQTT 5, 1.5.4; Mosquitto cuts the client off)
    auto why = decode ? play(decode, m, memory) : target == "json_read" ? read_json(m.payload) : read_xml(m.payload);
    if (!why.empty()) return std::string(target) + ": " + why + " (topic " + m.topic.substr(0, 200) + ")";
  }
  return {};
}

}  // namespace ioc::fuzz
