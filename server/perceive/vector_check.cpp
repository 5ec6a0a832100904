#include "perceive/vector_check.hpp"

#include "perceive/decoder.hpp"
#include "perceive/json_read.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

std::optional<std::string> from_base64(std::string_view in) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : in) {
    if (c == '=') break;
    auto const v = alphabet.find(c);
    if (v == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(v);
    if ((have += 6) >= 8) out += static_cast<char>((bits >> (have -= 8)) & 0xffu);
  }
  return out;
}

std::string word(json::value const* v) {
  auto const s = text(v);
  return s ? std::string(*s) : std::string();
}

bool same_value(core::value const& got, json::value const& want) {
  if (auto const* b = std::get_if<bool>(&got)) return want.is_bool() && want.get_bool() == *b;
  if (auto const* s = std::get_if<std::string>(&got)) return want.is_string() && std::string_view(want.get_string()) == *s;
  if (auto const* n = std::get_if<double>(&got)) {
    if (want.is_string() || want.is_bool()) return false;
    auto const w = number(&want);
    return w && std::abs(*n - *w) <= 1e-6 * std::max({std::abs(*n), std::abs(*w), 1e-9});
  }
  return false;
}

// `channel` as the line names it, "" where it names another device of the same message.
bool has_reading(decoded_element const& e, json::value const& want, std::string const& channel) {
  auto const time = word(member(&want, "time"));
  return std::any_of(e.readings.begin(), e.readings.end(), [&](decoded_reading const& r) {
    if (r.metric != word(member(&want, "metric")) || r.channel != channel || r.unit != word(member(&want, "unit"))) return false;
    auto t = r.t ? r.t : e.t;
    // Lines are played at time 0: what is told relative to its arrival (SenML) is near it, and a line cannot name it.
    if (t && *t < core::from_us(946684800000000)) t.reset();
    if (time.empty() != !t) return false;
    if (t) {
      auto const w = core::from_iso(time, std::chrono::minutes(7 * 60));
      if (!w || core::to_ms(*w) != core::to_ms(*t)) return false;
    }
    return same_value(r.v, member(&want, "value") ? *member(&want, "value") : json::value());
  });
}

// A device may speak in several elements of one message; a gateway's message speaks for several devices, and a line, which has one
// field for the device, then names each by the channel.
bool has_reading(decoded const& d, std::string const& device, json::value const& want) {
  auto const channel = word(member(&want, "channel"));
  return std::any_of(d.elements.begin(), d.elements.end(), [&](decoded_element const& e) {
    return (e.native == device && has_reading(e, want, channel)) || (!channel.empty() && e.native == channel && has_reading(e, want, ""));
  });
}

std::string check_command(decoded const& d, json::value const& want) {
  if (!d.command) return "no command was recognised";
  auto const& c = *d.command;
  if (word(member(&want, "direction")) != (c.to_device ? "to_device" : "from_device")) return "the command's direction is wrong";
  if (word(member(&want, "action")) != c.action) return "action " + c.action + " instead of " + word(member(&want, "action"));
  if (auto const* id = member(&want, "id"); id && (id->is_string() ? word(id) : json::serialize(*id)) != c.id) return "id " + c.id + " is not the command's";
  auto const* ack = member(&want, "ack");
  if (c.to_device && word(member(ack, "topic")) != c.ack_topic) return "the answer is awaited on \"" + c.ack_topic + "\"";
  return {};
}

// A line's message through its family's decoder, with what the session remembers so far.
struct played {
  std::string problem;  // of the vectors file itself
  decoded d;
};

// The family as it is named, or what the contract's own topics say.
std::string family_of(json::value const& line) {
  auto family = word(member(&line, "family"));
  return family.empty() && word(member(&line, "topic")).starts_with("ioc/v1/") ? "native" : family;
}

played play(json::value const& line, dialect_memory& memory, core::time_point arrival) {
  auto const family = family_of(line);
  if (!member(&line, "topic") || (!member(&line, "payload") && !member(&line, "payload_base64"))) return {"a message has a topic and a payload (or payload_base64)", {}};
  if (family.empty()) return {"there is no family that says which decoder reads it", {}};
  auto const decode = find_family(family);
  if (!decode) return {"no decoder for the family " + family, {}};
  auto payload = word(member(&line, "payload"));
  if (auto const coded = text(member(&line, "payload_base64"))) {
    auto bytes = from_base64(*coded);
    if (!bytes) return {"payload_base64 is broken", {}};
    payload = std::move(*bytes);
  }
  auto const topic = word(member(&line, "topic"));
  decoder_settings const settings;
  decode_input const in{topic, payload, arrival, truth(member(&line, "retain")) == true, &settings, &memory, {}};
  return {{}, decode(in)};
}

using lines_by_id = std::map<std::string, json::value const*>;

// What has to come before this line's message; "" or why it cannot.
std::string remember(json::value const& line, lines_by_id const& lines, dialect_memory& memory, core::time_point arrival) {
  if (auto const* after = member(&line, "after"); after && after->is_array())
    for (auto const& id : after->get_array()) {
      auto const before = lines.find(word(&id));
      if (before == lines.end()) return "it comes after " + word(&id) + ", which is not in this file";
      if (auto const p = play(*before->second, memory, arrival); !p.problem.empty()) return word(&id) + ": " + p.problem;
    }
  return {};
}

std::string check(json::value const& line, decoded const& d) {
  auto const* want = member(&line, "expect");
  auto const outcome = word(member(want, "outcome"));
  if (outcome == "accept_or_reject" ? d.outcome == decode_outcome::ignore : outcome != to_text(d.outcome))
    return "outcome " + std::string(to_text(d.outcome)) + " instead of " + outcome + (d.reason.empty() ? "" : " (" + d.reason + ")");
  if (auto const* forbidden = member(want, "forbid"); forbidden && forbidden->is_array())
    for (auto const& f : forbidden->get_array())
      for (auto const& e : d.elements)
        for (auto const& r : e.readings)
          if (r.q == core::quality::good && r.metric == word(member(&f, "metric")) && (!member(&f, "channel") || r.channel == word(member(&f, "channel"))))
            return "a forbidden reading came out: " + r.full_name();
  if (d.outcome != decode_outcome::accept) return {};
  if (auto const kind = word(member(want, "kind")); kind != to_text(d.kind)) return "kind " + std::string(to_text(d.kind)) + " instead of " + kind;
  auto const device = word(member(want, "device"));
  auto const mine = std::find_if(d.elements.begin(), d.elements.end(), [&](decoded_element const& e) { return e.native == device; });
  if (mine == d.elements.end()) return "device " + (d.elements.empty() ? std::string("nobody") : d.elements.front().native) + " instead of " + device;
  if (auto const* readings = member(want, "readings"); readings && readings->is_array())
    for (auto const& r : readings->get_array())
      if (!has_reading(d, device, r)) return "missing: " + json::serialize(r);
  if (auto const* command = member(want, "command"); command && command->is_object()) return check_command(d, *command);
  return {};
}

}  // namespace

vector_report check_vectors(std::string_view lines, std::vector<std::string> const& families, core::time_point arrival) {
  vector_report out;
  std::deque<json_text> docs;  // they own what the index points to
  std::deque<std::size_t> numbers;
  lines_by_id by_id;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    auto const end = lines.find('\n');
    auto const one = trimmed(lines.substr(0, end));
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 1);
    if (one.empty()) continue;
    auto const& doc = docs.emplace_back(one);
    numbers.push_back(number);
    if (doc.ok()) by_id.emplace(word(member(&doc.root, "id")), &doc.root);
  }
  std::map<std::string, dialect_memory> sessions;  // of the families, for lines that are only told
  for (std::size_t i = 0; i < docs.size(); ++i) {
    auto const& doc = docs[i];
    vector_report::message m;
    m.line = numbers[i];
    if (doc.ok()) {
      m.id = word(member(&doc.root, "id"));
      m.family = family_of(doc.root);
      m.topic = word(member(&doc.root, "topic"));
      m.compared = member(&doc.root, "expect") != nullptr;
    }
    if (!families.empty() && doc.ok() && std::find(families.begin(), families.end(), m.family) == families.end()) continue;
    ++out.total;
    if (m.id.empty()) m.id = "line " + std::to_string(m.line);
    if (!doc.ok()) {
      m.problem = doc.problem;
    } else {
      dialect_memory fresh;
      auto& memory = m.compared ? fresh : sessions[m.family];
      auto const at = m.compared ? core::from_us(0) : arrival;
      m.problem = remember(doc.root, by_id, memory, at);
      if (m.problem.empty()) {
        auto done = play(doc.root, memory, at);
        m.problem = std::move(done.problem);
        m.made = std::move(done.d);
      }
      if (m.problem.empty() && m.compared) m.failed = check(doc.root, m.made);
    }
    if (!m.problem.empty() || !m.failed.empty()) out.failed.push_back({m.id, m.problem.empty() ? m.failed : m.problem});
    else ++(m.compared ? out.passed : out.not_compared);
    out.messages.push_back(std::move(m));
  }
  return out;
}

}  // namespace ioc::perceive
