#include "perceive/source_table.hpp"

#include "perceive/source_overlap.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace ioc::perceive {
namespace {

// Cuts the first level off `rest`; false when nothing is left.
bool next_level(std::string_view& rest, bool& more, std::string_view& level) {
  if (!more) return false;
  auto const slash = rest.find('/');
  more = slash != std::string_view::npos;
  level = rest.substr(0, slash);
  rest = more ? rest.substr(slash + 1) : std::string_view{};
  return true;
}

int width(std::string_view level) { return level == "#" ? 2 : level == "+" ? 1 : 0; }

}  // namespace

bool topic_fits(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  bool more_f = true, more_t = true;
  std::string_view f, t;
  while (next_level(filter, more_f, f)) {
    if (f == "#") return true;
    if (!next_level(topic, more_t, t)) return false;
    if (f != "+" && f != t) return false;
    if (!more_t && more_f && filter == "#") return true;  // "a/#" fits "a"
  }
  return !more_t;
}

bool valid_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > 65535 || filter.find('\0') != std::string_view::npos) return false;
  bool more = true;
  std::string_view level;
  while (next_level(filter, more, level)) {
    if (level == "#") return !more;
    if (level != "+" && level.find_first_of("+#") != std::string_view::npos) return false;
  }
  return true;
}

bool narrower(std::string_view a, std::string_view b) {
  bool more_a = true, more_b = true;
  std::string_view x, y;
  for (;;) {
    bool const has_a = next_level(a, more_a, x), has_b = next_level(b, more_b, y);
    if (!has_a || !has_b) return has_a && !has_b;  // the longer one says more
    if (width(x) != width(y)) return width(x) < width(y);
  }
}

source_table::source_table(std::vector<source_info> sources) {
  for (auto& info : sources) {
    bound b;
    b.decode = find_decoder(info.decoder);
    if (info.name.empty()) throw std::invalid_argument("a source has no name");
    if (!b.decode) throw std::invalid_argument("source " + info.name + ": there is no decoder \"" + info.decoder + "\"");
    if (info.filters.empty()) throw std::invalid_argument("source " + info.name + " has no filter");
    for (auto const& other : sources_)
      if (other.info.name == info.name) throw std::invalid_argument("source " + info.name + " stands twice");
    b.settings.words = info.settings;
    if (auto const zone = b.settings.word("naive_offset_min", ""); !zone.empty()) {
      int minutes = 0;
      auto const [end, ec] = std::from_chars(zone.data(), zone.data() + zone.size(), minutes);
      if (ec != std::errc{} || end != zone.data() + zone.size() || minutes < -840 || minutes > 840)
        throw std::invalid_argument("source " + info.name + ": naive_offset_min is minutes from -840 to 840");
      b.settings.naive_offset = std::chrono::minutes(minutes);
    }
    for (auto const& f : info.filters) {
      if (!valid_filter(f)) throw std::invalid_argument("source " + info.name + ": \"" + f + "\" is no MQTT filter");
      ways_.push_back({f, sources_.size()});
    }
    for (auto const& f : info.except)
      if (!valid_filter(f)) throw std::invalid_argument("source " + info.name + ": \"" + f + "\" is no MQTT filter");
    b.info = std::move(info);
    sources_.push_back(std::move(b));
  }
  std::stable_sort(ways_.begin(), ways_.end(), [](way const& a, way const& b) { return narrower(a.filter, b.filter); });
  put_in_order();
}

// Each way behind all that go before it; among equals the order of narrower() stays.
void source_table::put_in_order() {
  auto const n = ways_.size();
  std::vector<std::vector<std::size_t>> behind(n);
  std::vector<std::size_t> waits(n, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k)
      if (i != k && goes_before(sources_[ways_[i].source].info, ways_[i].filter, sources_[ways_[k].source].info, ways_[k].filter)) {
        behind[i].push_back(k);
        ++waits[k];
      }
  std::vector<way> ordered;
  std::vector<bool> placed(n, false);
  while (ordered.size() < n) {
    std::size_t next = 0;
    while (next < n && (placed[next] || waits[next] > 0)) ++next;
    if (next == n) next = static_cast<std::size_t>(std::find(placed.begin(), placed.end(), false) - placed.begin());  // a knot: see unresolved_overlaps()
    placed[next] = true;
    ordered.push_back(ways_[next]);
    for (auto const k : behind[next]) --waits[k];
  }
  ways_ = std::move(ordered);
}

routed source_table::route(std::string_view topic) const {
  routed r;
  r.rest = topic;
  bool const bridged = topic.starts_with(bridge_prefix);
  bool const native = topic.starts_with("ioc/v1/");
  if (bridged) {
    auto rest = topic.substr(bridge_prefix.size());
    bool more = true;
    if (!next_level(rest, more, r.unit) || !next_level(rest, more, r.gateway) || !more || r.unit.empty() || r.gateway.empty()) return r;
    r.rest = rest;
  } else if (native) {
    auto const rest = topic.substr(7);
    r.unit = rest.substr(0, rest.find('/'));
  }
  for (auto const& w : ways_) {
    auto const& s = sources_[w.source];
    // A native topic inside a bridged one would let a gateway pass for any device of its unit.
    if (bridged && s.info.decoder == "native") continue;
    if (native && s.info.decoder != "native") continue;
    if (!s.info.gateways.empty() && std::find(s.info.gateways.begin(), s.info.gateways.end(), r.gateway) == s.info.gateways.end()) continue;
    if (!topic_fits(w.filter, r.rest)) continue;
    if (std::any_of(s.info.except.begin(), s.info.except.end(), [&](auto const& e) { return topic_fits(e, r.rest); })) continue;
    r.source = &s;
    if (r.unit.empty()) r.unit = s.info.unit;
    break;
  }
  return r;
}

}  // namespace ioc::perceive
