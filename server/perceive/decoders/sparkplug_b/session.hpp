#pragma once
#include "perceive/decoder.hpp"
#include "perceive/decoders/sparkplug_b/state.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive::sparkplug {

// When a host asks for births again. `reorder`: so long a gap in `seq` may still close by itself. `every`: the least time between two
// requests to one node; it doubles with each request that no birth answers, up to 32 times.
struct rebirth_policy {
  core::duration reorder = std::chrono::seconds{5};
  core::duration every = std::chrono::seconds{60};
};
rebirth_policy policy_of(decoder_settings const* settings);

// Wants a rebirth of the node at `at` or, if it was asked lately, as soon as it may be asked again.
void want_rebirth(session_state& s, std::string const& key, rebirth_policy const& policy, core::time_point at, std::string why, bool from_gap = false);
void no_rebirth(session_state& s, std::string const& key, node_session& n);

// The requests due at or before `now`, one a node. Each takes effect at its own due time, so it is all the same whether a message or
// a clock tick brings it about, and a replay comes to the same state.
std::vector<decoded_request> take_due(session_state& s, rebirth_policy const& policy, core::time_point now);

// The host's connection is there (again): whatever the nodes said meanwhile was missed. All are asked, twenty a second.
void host_connected(session_state& s, rebirth_policy const& policy, core::time_point at);

// The next message of a node, by its `seq`. `trusted` = the births that are known still hold.
struct seq_result {
  bool repeated = false;
  bool trusted = true;
};
seq_result check_seq(session_state& s, std::string const& key, node_session& n, std::uint32_t seq, std::uint64_t content, rebirth_policy const& policy,
                     core::time_point at);

// A birth of the node or (device not empty) of a device: forgets what it declared before.
void forget_metrics(session_state& s, node_session& n, std::string_view device);
// False: no room, the birth is refused. An alias that is taken already stands for nothing from then on.
bool declare(session_state& s, node_session& n, std::string const& device, std::string const& name, std::optional<std::uint64_t> alias, declared_metric what);

}  // namespace ioc::perceive::sparkplug
