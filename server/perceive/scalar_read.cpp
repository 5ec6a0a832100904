#include "perceive/scalar_read.hpp"

#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>

namespace ioc::perceive {

std::vector<std::string_view> levels_of(std::string_view topic) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= topic.size();) {
    auto const slash = std::min(topic.find('/', at), topic.size());
    out.push_back(topic.substr(at, slash - at));
    at = slash + 1;
  }
  return out;
}

std::string joined(std::vector<std::string_view> const& levels, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to && i < levels.size(); ++i) {
    if (i > from) out += '/';
    out += levels[i];
  }
  return out;
}

bool says_missing(std::string_view word) {
  static constexpr std::array words{"null", "none", "nan", "-nan", "unavailable", "unknown", "undefined", "n/a", "-", "--"};
  word = trimmed(word);
  return word.empty() || std::any_of(words.begin(), words.end(), [&](std::string_view w) { return equal_fold(w, word); });
}

std::optional<double> measured(std::string_view text, std::string_view unit) {
  text = trimmed(text);
  if (auto const v = decimal(text)) return v;
  // The number ends where its own grammar does; a unit such as m3 holds digits too.
  auto cut = text.find_first_not_of("+-.0123456789");
  if (cut != std::string_view::npos && (text[cut] == 'e' || text[cut] == 'E')) {
    auto const more = text.find_first_not_of("+-0123456789", cut + 1);
    if (more != cut + 1 && more != std::string_view::npos) cut = more;
  }
  if (cut == std::string_view::npos || cut == 0) return std::nullopt;
  auto const v = decimal(text.substr(0, cut));
  auto const given = trimmed(text.substr(cut));
  if (!v || given.empty() || unit.empty()) return std::nullopt;
  if (given == unit || equal_fold(given, unit)) return v;
  return convert(*v, given, unit);
}

std::optional<double> measured(boost::json::value const* v, std::string_view unit) {
  if (auto const s = text(v)) return measured(*s, unit);
  return number(v);
}

std::optional<double> scaled(std::string_view text, std::string_view unit, double divide, double times) {
  if (auto const bare = decimal(trimmed(text))) return *bare * times / divide;
  return measured(text, unit);
}

std::optional<double> scaled(boost::json::value const* v, std::string_view unit, double divide, double times) {
  if (auto const s = text(v)) return scaled(*s, unit, divide, times);
  auto const n = number(v);
  return n ? std::optional(*n * times / divide) : std::nullopt;
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

decoded scalar_message(std::string native, scalar_rule const& rule, std::string_view payload, std::string_view topic) {
  if (says_missing(payload)) return decoded::ignored("no value");
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

std::optional<std::string> switch_action(std::string_view payload, std::string_view noun) {
  payload = trimmed(payload);
  if (equal_fold(payload, "toggle") || payload == "2") return std::string(noun) + "_toggle";
  static constexpr std::array on{"on", "1", "true"}, off{"off", "0", "false"};
  for (std::string_view w : on)
    if (equal_fold(payload, w)) return std::string(noun) + "_on";
  for (std::string_view w : off)
    if (equal_fold(payload, w)) return std::string(noun) + "_off";
  return std::nullopt;
}

}  // namespace ioc::perceive
