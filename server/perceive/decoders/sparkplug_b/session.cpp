#include "perceive/decoders/sparkplug_b/session.hpp"

#include "perceive/decoders/sparkplug_b/payload.hpp"
#include "perceive/json_read.hpp"

#include <algorithm>

namespace ioc::perceive::sparkplug {
namespace {

constexpr std::uint32_t tries_without_message = 5;  // then the node has to show itself before it is asked again
constexpr std::uint32_t most_missing = 64;
constexpr core::duration between_nodes = std::chrono::milliseconds{50};

core::duration interval(rebirth_policy const& policy, std::uint32_t asked) {
  return asked == 0 ? policy.every : policy.every * (1 << std::min<std::uint32_t>(asked - 1, 5));
}

void set_wanted(session_state& s, std::string const& key, node_session& n, std::optional<core::time_point> at) {
  if (n.wanted) s.waiting.erase({*n.wanted, key});
  n.wanted = at;
  if (at) s.waiting.emplace(*at, key);
}

std::string request_topic(std::string_view key) {
  auto const slash = key.find('/');  // neither group nor node can hold one
  return "spBv1.0/" + std::string(key.substr(0, slash)) + "/NCMD/" + std::string(key.substr(slash + 1));
}

}  // namespace

rebirth_policy policy_of(decoder_settings const* settings) {
  rebirth_policy p;
  if (!settings) return p;
  auto const seconds = [&](char const* key, core::duration& out) {
    auto const v = decimal(settings->word(key, ""));
    if (v && *v >= 0 && *v <= 86400) out = core::from_seconds(*v);
  };
  seconds("reorder_s", p.reorder);
  seconds("rebirth_every_s", p.every);
  if (p.every < std::chrono::seconds{1}) p.every = std::chrono::seconds{1};
  return p;
}

void want_rebirth(session_state& s, std::string const& key, rebirth_policy const& policy, core::time_point at, std::string why, bool from_gap) {
  auto const it = s.nodes.find(key);
  if (it == s.nodes.end()) return;
  auto& n = it->second;
  if (n.asked_at) at = std::max(at, *n.asked_at + interval(policy, n.asked));
  if (!n.wanted || !from_gap) n.from_gap = from_gap;
  if (!n.wanted || n.why.empty()) n.why = std::move(why);
  if (!n.wanted || at < *n.wanted) set_wanted(s, key, n, at);
}

void no_rebirth(session_state& s, std::string const& key, node_session& n) {
  set_wanted(s, key, n, std::nullopt);
  n.from_gap = false;
  n.why.clear();
}

std::vector<decoded_request> take_due(session_state& s, rebirth_policy const& policy, core::time_point now) {
  std::vector<decoded_request> out;
  while (!s.waiting.empty() && s.waiting.begin()->first <= now) {
    auto const [due, key] = *s.waiting.begin();
    auto const it = s.nodes.find(key);
    if (it == s.nodes.end()) {
      s.waiting.erase(s.waiting.begin());
      continue;
    }
    auto& n = it->second;
    decoded_request r{request_topic(key), rebirth_request(due), n.why};
    auto const same = std::find_if(out.begin(), out.end(), [&](auto const& o) { return o.topic == r.topic; });
    if (same == out.end()) out.push_back(std::move(r));
    else *same = std::move(r);
    n.missing.clear();
    n.from_gap = false;
    n.asked_at = due;
    ++n.asked;
    // A request is QoS 0 and may get lost; a node that speaks has it asked again, a silent one a few times more.
    bool const again = n.asked < tries_without_message;
    set_wanted(s, key, n, again ? std::optional(due + interval(policy, n.asked)) : std::nullopt);
  }
  return out;
}

void host_connected(session_state& s, rebirth_policy const& policy, core::time_point at) {
  for (auto& [key, n] : s.nodes) {
    n.unsure = true;
    n.missing.clear();
    want_rebirth(s, key, policy, at, "the host is connected anew");
    at += between_nodes;
  }
}

seq_result check_seq(session_state& s, std::string const& key, node_session& n, std::uint32_t seq, std::uint64_t content, rebirth_policy const& policy,
                     core::time_point at) {
  seq_result r;
  bool const next = seq == n.next_seq;
  if (n.unsure) {
    // Exactly the number that was due: nothing was missed, so the births still hold.
    r.trusted = next;
    n.unsure = !next;
    n.next_seq = (seq + 1) % 256;
    n.last_content = content;
    if (!next) want_rebirth(s, key, policy, at, "messages were missed while the host was away");
    return r;
  }
  if (next) {
    n.next_seq = (seq + 1) % 256;
    n.last_content = content;
    return r;
  }
  if ((seq + 1) % 256 == n.next_seq && content == n.last_content) {
    r.repeated = true;
    return r;
  }
  if (n.missing.erase(seq) > 0) {
    if (n.missing.empty() && n.wanted && n.from_gap) no_rebirth(s, key, n);
    return r;
  }
  auto const lost = (seq + 256 - n.next_seq) % 256;
  auto const why = "seq " + std::to_string(seq) + " came where " + std::to_string(n.next_seq) + " was due";
  if (lost <= most_missing) {
    for (std::uint32_t i = 0; i < lost; ++i) n.missing.insert((n.next_seq + i) % 256);
    want_rebirth(s, key, policy, at + policy.reorder, why, true);
  } else {
    // So wide a hole is no reordering.
    n.missing.clear();
    want_rebirth(s, key, policy, at, why);
  }
  n.next_seq = (seq + 1) % 256;
  n.last_content = content;
  return r;
}

void forget_metrics(session_state& s, node_session& n, std::string_view device) {
  auto const it = n.devices.find(device);
  if (it == n.devices.end()) return;
  s.metrics -= std::min(s.metrics, it->second.metrics.size());
  it->second.metrics.clear();
  std::erase_if(n.aliases, [&](auto const& a) { return a.second.device == device; });
}

bool declare(session_state& s, node_session& n, std::string const& device, std::string const& name, std::optional<std::uint64_t> alias, declared_metric what) {
  auto& d = n.devices[device];
  if (s.metrics >= session_state::max_metrics && !d.metrics.count(name)) return false;
  if (d.metrics.insert_or_assign(name, std::move(what)).second) ++s.metrics;
  if (!alias) return true;
  auto const [it, fresh] = n.aliases.try_emplace(*alias, alias_binding{device, name});
  if (!fresh && (it->second.device != device || it->second.name != name)) it->second = {device, ""};
  return true;
}

}  // namespace ioc::perceive::sparkplug
