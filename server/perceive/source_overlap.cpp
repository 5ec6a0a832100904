#include "perceive/source_overlap.hpp"

#include "perceive/topic_levels.hpp"

#include <algorithm>

namespace ioc::perceive {

namespace {

// Every topic has a first level: "+/#" is "#".
std::vector<std::string_view> levels(std::string_view filter) { return topic_levels(filter == "+/#" ? "#" : filter); }

bool wild(std::string_view level) { return level == "+" || level == "#"; }

// Every topic of `inner` fits `outer`. The two are known to have topics in common.
bool holds(std::vector<std::string_view> const& outer, std::vector<std::string_view> const& inner) {
  for (std::size_t i = 0;; ++i) {
    if (i < outer.size() && outer[i] == "#") return true;
    if (i == outer.size() || i == inner.size()) return outer.size() == inner.size();
    if (inner[i] == "#" || (outer[i] != "+" && outer[i] != inner[i])) return false;
  }
}

bool share(std::vector<std::string> const& a, std::vector<std::string> const& b) {
  return std::any_of(a.begin(), a.end(), [&](auto const& x) { return std::find(b.begin(), b.end(), x) != b.end(); });
}

bool cuts_out(source_info const& s, std::string_view both) {
  return std::any_of(s.except.begin(), s.except.end(), [&](auto const& e) {
    auto const r = relation(both, e);
    return r == filter_relation::subset || r == filter_relation::equal;
  });
}

}  // namespace

std::optional<std::string> intersection(std::string_view a, std::string_view b) {
  auto const x = levels(a), y = levels(b);
  // A wildcard in the first level does not fit $SYS and its like.
  if ((wild(x[0]) && y[0].starts_with('$')) || (wild(y[0]) && x[0].starts_with('$'))) return std::nullopt;
  std::string out;
  auto add = [&, first = true](std::string_view level) mutable {
    if (!first) out += '/';
    first = false;
    out += level;
  };
  for (std::size_t i = 0;; ++i) {
    bool const more_x = i < x.size(), more_y = i < y.size();
    if (!more_x && !more_y) return out;
    if ((more_x && x[i] == "#") || (more_y && y[i] == "#")) {  // the rest is the other's
      auto const& rest = more_x && x[i] == "#" ? y : x;
      for (; i < rest.size(); ++i) add(rest[i]);
      return out;
    }
    if (!more_x || !more_y) return std::nullopt;
    if (!wild(x[i]) && !wild(y[i]) && x[i] != y[i]) return std::nullopt;
    add(wild(x[i]) ? y[i] : x[i]);
  }
}

filter_relation relation(std::string_view a, std::string_view b) {
  if (!intersection(a, b)) return filter_relation::disjoint;
  auto const x = levels(a), y = levels(b);
  bool const in_b = holds(y, x), in_a = holds(x, y);
  return in_b && in_a ? filter_relation::equal : in_b ? filter_relation::subset : in_a ? filter_relation::superset : filter_relation::partial;
}

bool goes_before(source_info const& a, std::string_view filter_a, source_info const& b, std::string_view filter_b) {
  if (a.gateways.empty() != b.gateways.empty()) return !a.gateways.empty();
  switch (relation(filter_a, filter_b)) {
    case filter_relation::subset: return true;
    case filter_relation::partial: return !a.yields && b.yields;
    default: return false;
  }
}

std::vector<source_overlap> unresolved_overlaps(std::vector<source_info> const& sources) {
  std::vector<source_overlap> out;
  for (std::size_t i = 0; i < sources.size(); ++i)
    for (std::size_t k = i; k < sources.size(); ++k) {
      auto const& a = sources[i];
      auto const& b = sources[k];
      // Native topics are never bridged ones and the other way round: see source_table::route().
      if ((a.decoder == "native") != (b.decoder == "native")) continue;
      if (i != k && a.gateways.empty() != b.gateways.empty()) continue;  // on its gateways the bound one takes all
      if (i != k && !a.gateways.empty() && !share(a.gateways, b.gateways)) continue;
      for (std::size_t f = 0; f < a.filters.size(); ++f)
        for (std::size_t g = i == k ? f + 1 : 0; g < b.filters.size(); ++g) {
          auto const how = relation(a.filters[f], b.filters[g]);
          bool const open = how == filter_relation::equal || (how == filter_relation::partial && i != k && a.yields == b.yields);
          if (!open) continue;
          auto const both = *intersection(a.filters[f], b.filters[g]);
          if (i != k && (cuts_out(a, both) || cuts_out(b, both))) continue;
          out.push_back({i, k, a.filters[f], b.filters[g], how, both});
        }
    }
  return out;
}

}  // namespace ioc::perceive
