#include "perceive/decoders/cap/cap.hpp"

#include "perceive/decode_help.hpp"
#include "perceive/xml_read.hpp"

#include <array>

namespace ioc::perceive {
namespace json = boost::json;
namespace {

constexpr std::size_t max_blocks = 32;
constexpr std::size_t max_areas = 64;
constexpr std::size_t max_codes = 64;
constexpr std::size_t max_long_text = 4096;
constexpr std::size_t max_data = 64 * 1024;

constexpr std::array<std::string_view, 5> statuses{"Actual", "Exercise", "System", "Test", "Draft"};
constexpr std::array<std::string_view, 5> message_types{"Alert", "Update", "Cancel", "Ack", "Error"};
constexpr std::array<std::string_view, 5> urgencies{"Immediate", "Expected", "Future", "Past", "Unknown"};
constexpr std::array<std::string_view, 5> severities{"Extreme", "Severe", "Moderate", "Minor", "Unknown"};
constexpr std::array<std::string_view, 5> certainties{"Observed", "Likely", "Possible", "Unlikely", "Unknown"};

// The word as the standard spells it; nothing for another one.
template <std::size_t N>
std::optional<std::string> one_of(std::array<std::string_view, N> const& words, std::string_view text) {
  for (auto const w : words)
    if (equal_fold(w, text)) return std::string(w);
  return std::nullopt;
}

std::optional<core::time_point> time_of(std::string_view text, decoder_settings const* settings) {
  auto const t = core::from_iso(trimmed(text), settings ? settings->naive_offset : std::chrono::minutes(7 * 60));
  return t && *t >= core::from_ms(946'684'800'000) ? t : std::nullopt;  // before 2000 there was no CAP
}

void put(json::object& o, std::string_view key, std::string_view text, std::size_t most = max_text) {
  if (!text.empty()) o[key] = cut(text, most);
}

// Times leave as UTC; what is no time is left out.
void put_time(json::object& o, std::string_view key, std::string_view text, decoder_settings const* settings) {
  if (auto const t = time_of(text, settings)) o[key] = core::to_iso(*t);
}

json::array pairs(xml_node const& in, std::string_view name) {
  json::array out;
  for (auto const& c : in.children)
    if (c.name == name && out.size() < max_codes) {
      json::object one;
      put(one, "name", c.child_text("valueName"));
      put(one, "value", c.child_text("value"));
      out.emplace_back(std::move(one));
    }
  return out;
}

json::array texts(xml_node const& in, std::string_view name, std::size_t most = max_text) {
  json::array out;
  for (auto const& c : in.children)
    if (c.name == name && !c.text.empty() && out.size() < max_codes) out.emplace_back(cut(c.text, most));
  return out;
}

json::object area_of(xml_node const& a, bool shapes) {
  json::object o;
  put(o, "description", a.child_text("areaDesc"));
  o["geocodes"] = pairs(a, "geocode");
  if (!shapes) return o;
  o["polygons"] = texts(a, "polygon", max_long_text);
  o["circles"] = texts(a, "circle");
  return o;
}

json::object info_of(xml_node const& info, decoder_settings const* settings, bool shapes) {
  json::object o;
  auto const language = info.child_text("language");
  o["language"] = cut(language.empty() ? "en-US" : language, 32);  // the standard's default
  put(o, "event", info.child_text("event"));
  put(o, "headline", info.child_text("headline"));
  put(o, "description", info.child_text("description"), max_long_text);
  put(o, "instruction", info.child_text("instruction"), max_long_text);
  put(o, "sender_name", info.child_text("senderName"));
  put(o, "web", info.child_text("web"));
  put(o, "contact", info.child_text("contact"));
  put(o, "urgency", info.child_text("urgency"), 32);
  put(o, "severity", info.child_text("severity"), 32);
  put(o, "certainty", info.child_text("certainty"), 32);
  o["categories"] = texts(info, "category", 32);
  o["responses"] = texts(info, "responseType", 32);
  o["codes"] = pairs(info, "eventCode");
  o["parameters"] = pairs(info, "parameter");
  put_time(o, "effective", info.child_text("effective"), settings);
  put_time(o, "onset", info.child_text("onset"), settings);
  put_time(o, "expires", info.child_text("expires"), settings);
  json::array areas;
  for (auto const& c : info.children)
    if (c.name == "area" && areas.size() < max_areas) areas.emplace_back(area_of(c, shapes));
  o["areas"] = std::move(areas);
  return o;
}

// "sender,identifier,sent sender,identifier,sent …"
json::array references_of(std::string_view text) {
  json::array out;
  while (!text.empty() && out.size() < max_codes) {
    auto const end = text.find_first_of(" \t\r\n");
    auto one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : trimmed(text.substr(end));
    auto const first = one.find(','), last = one.rfind(',');
    if (first == std::string_view::npos || first == last) continue;
    json::object o;
    put(o, "sender", one.substr(0, first));
    put(o, "identifier", one.substr(first + 1, last - first - 1));
    if (auto const t = time_of(one.substr(last + 1), nullptr)) o["sent"] = core::to_iso(*t);
    out.emplace_back(std::move(o));
  }
  return out;
}

// The block in the wanted language, else in any form of it (vi for vi-VN), else the first.
xml_node const* main_block(std::vector<xml_node const*> const& infos, std::string_view wanted) {
  auto const primary = [](std::string_view tag) { return lower(tag.substr(0, tag.find_first_of("-_"))); };
  auto const tag_of = [](xml_node const& i) { return i.child_text("language").empty() ? std::string_view("en-US") : i.child_text("language"); };
  for (auto const* i : infos)
    if (equal_fold(tag_of(*i), wanted)) return i;
  for (auto const* i : infos)
    if (primary(tag_of(*i)) == primary(wanted)) return i;
  return infos.empty() ? nullptr : infos.front();
}

struct header {
  std::string identifier, sender, status, type;
  std::string_view sent;
};

json::object data_of(xml_node const& root, header const& h, std::vector<xml_node const*> const& infos, decoder_settings const* settings, bool shapes) {
  json::object o;
  o["identifier"] = h.identifier;
  o["sender"] = h.sender;
  put_time(o, "sent", h.sent, settings);
  o["status"] = h.status;
  o["type"] = h.type;
  put(o, "scope", root.child_text("scope"), 32);
  put(o, "source", root.child_text("source"));
  put(o, "restriction", root.child_text("restriction"));
  put(o, "note", root.child_text("note"), max_long_text);
  o["codes"] = texts(root, "code");
  o["references"] = references_of(root.child_text("references"));
  put(o, "incidents", root.child_text("incidents"));
  json::array blocks;
  for (auto const* i : infos) blocks.emplace_back(info_of(*i, settings, shapes));
  o["infos"] = std::move(blocks);
  return o;
}

// An alert is over when every block that says when has passed; one that never says holds until it is cancelled.
bool is_over(std::vector<xml_node const*> const& infos, core::time_point arrival, decoder_settings const* settings) {
  bool any = false;
  for (auto const* i : infos) {
    auto const t = time_of(i->child_text("expires"), settings);
    if (!t || *t > arrival) return false;
    any = true;
  }
  return any;
}

std::string event_name(header const& h, bool over) {
  if (h.status != "Actual") return "cap_" + lower(h.status);
  if (h.type == "Alert" || h.type == "Update") return over ? "cap_expired" : "cap_" + lower(h.type);
  return "cap_" + lower(h.type);
}

}  // namespace

decoded decode_cap(decode_input const& in) {
  static decoder_settings const defaults;
  if (trimmed(in.payload).empty()) return decoded::ignored(in.retain ? "retained message deleted" : "empty payload", message_kind::event);
  xml_text const doc(in.payload);
  if (!doc.ok()) {
    auto d = decoded::rejected(doc.problem);
    d.security = doc.hostile;
    return d;
  }
  auto const& root = doc.root;
  if (root.name != "alert") return decoded::rejected("a CAP message is an <alert>");
  header h;
  h.identifier = cut(root.child_text("identifier"));
  h.sender = cut(root.child_text("sender"));
  h.sent = root.child_text("sent");
  if (h.identifier.empty() || h.sender.empty() || h.sent.empty()) return decoded::rejected("an alert needs identifier, sender and sent");
  auto const status = one_of(statuses, root.child_text("status"));
  if (!status) return decoded::rejected("status is Actual, Exercise, System, Test or Draft");
  auto const type = one_of(message_types, root.child_text("msgType"));
  if (!type) return decoded::rejected("msgType is Alert, Update, Cancel, Ack or Error");
  h.status = *status;
  h.type = *type;
  if (h.type == "Cancel" && root.child_text("references").empty()) return decoded::rejected("a Cancel needs references to what it cancels");

  std::vector<xml_node const*> infos;
  for (auto const& c : root.children)
    if (c.name == "info") {
      if (infos.size() == max_blocks) return decoded::rejected("an alert of more than 32 info blocks");
      infos.push_back(&c);
    }

  auto d = blank(message_kind::event, h.sender, in);
  auto& e = d.elements.front();
  e.t = time_of(h.sent, in.settings);
  e.time_refused = !e.t;
  e.identity = h.identifier + "\n" + h.sender + "\n" + cut(h.sent);
  bool const over = is_over(infos, in.arrival, in.settings);
  // Nothing may sound for an exercise, or for what is over: such values are kept and marked, rules pass them by.
  auto const q = h.status == "Actual" && !over ? core::quality::good : core::quality::suspect;
  auto const add = [&](char const* metric, std::optional<std::string> v, core::quality quality) {
    if (v && !v->empty()) e.readings.push_back({metric, "", "", *v, quality});
  };
  add("alert_status", h.status, core::quality::good);
  add("alert_message_type", h.type, core::quality::good);
  if (auto const* main = main_block(infos, (in.settings ? *in.settings : defaults).word("language", "vi"))) {
    add("alert_event", cut(main->child_text("event")), q);
    add("alert_severity", one_of(severities, main->child_text("severity")), q);
    add("alert_urgency", one_of(urgencies, main->child_text("urgency")), q);
    // CAP 1.0 said "Very Likely".
    auto const certainty = main->child_text("certainty");
    add("alert_certainty", equal_fold(certainty, "Very Likely") ? std::optional<std::string>("Likely") : one_of(certainties, certainty), q);
  }
  auto data = json::serialize(data_of(root, h, infos, in.settings, true));
  if (data.size() > max_data) data = json::serialize(data_of(root, h, infos, in.settings, false));
  if (data.size() > max_data) return decoded::rejected("an alert of more than 64 KiB of text");
  e.events.push_back({event_name(h, over), std::move(data)});
  return d;
}

}  // namespace ioc::perceive
