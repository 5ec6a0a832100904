#pragma once
#include "perceive/source_table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// How the sets of topics of two valid MQTT filters stand to each other. Exact: "+/#" and "#" are equal, "a/#" holds "a".
enum class filter_relation : std::uint8_t { disjoint, equal, subset, superset, partial };
filter_relation relation(std::string_view a, std::string_view b);

// The topics that fit both, as one filter; nothing when there are none.
std::optional<std::string> intersection(std::string_view a, std::string_view b);

// Two filters of which nobody can say at a glance who takes a message that fits both.
struct source_overlap {
  std::size_t first = 0, second = 0;  // places of the sources in the list
  std::string filter, other;
  filter_relation how = filter_relation::partial;  // partial, or equal: an exact repeat
  std::string both;                                // a filter for what fits both
};

// A narrower filter takes its messages from a wider one; what overlaps otherwise must be told apart by the sources themselves: bound
// to different gateways (`gateway`), cut out by one of them (`except`), or left to the other (`yields`). The rest is in the answer.
std::vector<source_overlap> unresolved_overlaps(std::vector<source_info> const& sources);

// True when `a` gets a message before `b` wherever both fit. Cycle-free for sources without unresolved overlaps.
bool goes_before(source_info const& a, std::string_view filter_a, source_info const& b, std::string_view filter_b);

}  // namespace ioc::perceive
