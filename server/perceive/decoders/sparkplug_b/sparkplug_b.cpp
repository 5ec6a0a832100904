#include "perceive/decoders/sparkplug_b/sparkplug_b.hpp"

#include "perceive/decoders/sparkplug_b/names.hpp"
#include "perceive/decoders/sparkplug_b/payload.hpp"
#include "perceive/decoders/sparkplug_b/session.hpp"
#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ioc::perceive {
namespace {
using namespace sparkplug;

constexpr std::string_view rebirth_name = "Node Control/Rebirth";
// A birth may tell of values that were taken long ago and still hold; older than this they count from the birth.
constexpr core::duration oldest_sample = std::chrono::days{90};

struct address {
  std::string_view group, type, node, device;
  std::string key() const { return std::string(group) + "/" + std::string(node); }
  std::string native() const { return device.empty() ? key() : key() + "/" + std::string(device); }
  bool of_device() const { return type.starts_with('D'); }
};

// One message on its way: what all steps need.
struct step {
  decode_input const& in;
  session_state& state;
  rebirth_policy policy;
  address to;
  payload p;
  std::string key;
};

// Empty = spBv1.0/GROUP/TYPE/NODE[/DEVICE] as the specification has it.
std::string read_topic(std::string_view topic, address& a) {
  std::array<std::string_view, 5> level{};
  std::size_t n = 0;
  for (;; ++n) {
    if (n == level.size()) return "a Sparkplug topic has at most five levels";
    auto const slash = topic.find('/');
    level[n] = topic.substr(0, slash);
    if (level[n].empty()) return "a level of the topic is empty";
    if (slash == std::string_view::npos) break;
    topic.remove_prefix(slash + 1);
  }
  ++n;
  if (level[0] != "spBv1.0" || n < 3) return "not a topic of spBv1.0";
  a = {level[1], level[2], level[3], level[4]};
  constexpr std::array types{"NBIRTH", "NDEATH", "NDATA", "NCMD", "DBIRTH", "DDEATH", "DDATA", "DCMD"};
  if (std::find(types.begin(), types.end(), a.type) == types.end()) return "\"" + cut(a.type, 32) + "\" is no message type of Sparkplug";
  if (n != (a.of_device() ? 5u : 4u)) return std::string(a.type) + (a.of_device() ? " names a node and a device" : " names a node and no device");
  if (a.native().size() > 256) return "group, node and device are longer than 256 bytes together";
  return {};
}

// {"online":true,"timestamp":…}. Where our own host id is known, STATE is the business of hosts among themselves.
decoded host_state(decode_input const& in, std::string_view host) {
  if (host.empty() || host.find('/') != std::string_view::npos) return decoded::rejected("a STATE topic ends with the host's id");
  auto const text = trimmed(in.payload);
  if (text.empty() && in.payload.size() > 1) return decoded::rejected("empty payload");
  if (text.empty()) return decoded::ignored("retained message deleted", message_kind::status);
  json_text const doc(text);
  if (!doc.ok()) return decoded::rejected(doc.problem);
  auto const* online = member(&doc.root, "online");
  auto const stamp = number(member(&doc.root, "timestamp"));
  if (!online || !online->is_bool() || !stamp) return decoded::rejected("a STATE message holds online (true or false) and timestamp");
  if (in.settings && !in.settings->word("host_id", "").empty())
    return decoded::ignored("the state of host application " + cut(host, 64) + ": no device", message_kind::status);
  auto d = decoded::of(message_kind::status, std::string(host));
  auto& e = d.elements.front();
  e.t = epoch(*stamp);
  e.time_refused = !e.t;
  e.content = hash_of(text);
  e.online = online->get_bool();
  e.readings.push_back({"online", "", "", *e.online});
  return d;
}

std::optional<core::time_point> instant_of(std::optional<std::uint64_t> ms) {
  return ms && *ms > 0 ? epoch(static_cast<double>(*ms)) : std::nullopt;
}

core::quality quality_of(metric const& m) {
  if (!m.quality || *m.quality == 192) return core::quality::good;
  return *m.quality == 0 ? core::quality::bad : core::quality::suspect;  // 500 = stale; others are a vendor's own
}

// A number that rounds to what the device counts in: 1.5235 kW is 1523.5 W.
double rounded(double v) { return std::abs(v) < 1e6 ? std::round(v * 1e9) / 1e9 : v; }

void add_reading(decoded_element& e, declared_metric const& what, std::string_view name, metric const& m, core::value v, bool birth) {
  if (what.metric.empty()) return;
  auto const slash = what.metric.find('/');
  decoded_reading r;
  r.metric = what.metric.substr(0, slash);
  // A channel of the source's own settings replaces the raw name.
  r.channel = slash == std::string::npos ? std::string(name) : what.metric.substr(slash + 1);
  r.v = std::move(v);
  r.q = quality_of(m);
  r.historical = m.historical;
  if (auto* x = std::get_if<double>(&r.v)) {
    r.unit = what.unit;
    if (auto const canonical = canonical_unit(r.metric); !canonical.empty() && canonical != what.unit)
      if (auto const y = convert(*x, what.unit, canonical)) {
        *x = rounded(*y);
        r.unit = canonical;
      }
  } else if (auto* b = std::get_if<bool>(&r.v)) {
    *b = *b != what.inverted;
  }
  if (auto const t = instant_of(m.timestamp); t && t != e.t)
    if (!(birth && e.t && *t < *e.t - oldest_sample)) r.t = t;
  e.readings.push_back(std::move(r));
}

// One metric into the element; what breaks the rules becomes a refused element of its own, so the rest of the message counts.
void add_metric(step& s, decoded& d, declared_metric const& what, std::string_view name, metric const& m, char const*& ignored, bool birth) {
  auto v = value_of(m, what.type == 0 ? std::nullopt : std::optional(what.type));
  if (!v.why.empty()) {
    decoded_element e;
    e.native = s.to.native();
    e.refused = "metric \"" + cut(name, 128) + "\": " + v.why;
    d.elements.push_back(std::move(e));
    return;
  }
  if (v.ignored) ignored = v.ignored;
  for (std::size_t i = 0; i < v.values.size(); ++i)
    add_reading(d.elements.front(), what, v.array ? std::string(name) + "[" + std::to_string(i) + "]" : std::string(name), m, std::move(v.values[i]), birth);
}

// The payload's own time, else the newest of its metrics.
void set_time(decoded_element& e, payload const& p) {
  e.t = instant_of(p.timestamp);
  e.time_refused = p.timestamp && *p.timestamp > 0 && !e.t;
  if (!p.timestamp)
    for (auto const& m : p.metrics)
      if (auto const t = instant_of(m.timestamp); t && (!e.t || *t > *e.t)) e.t = t;
}

std::optional<std::uint64_t> bd_seq_of(payload const& p) {
  for (auto const& m : p.metrics)
    if (m.name == "bdSeq" && !m.null && (m.value == metric::field::int_ || m.value == metric::field::long_)) return m.number;
  return std::nullopt;
}

decoded offline(step& s, std::string native, std::optional<core::time_point> t) {
  auto d = decoded::of(message_kind::status, std::move(native));
  auto& e = d.elements.front();
  e.t = t;
  e.content = hash_of(s.in.payload);
  e.online = false;
  e.readings.push_back({"online", "", "", false});
  return d;
}

// Every metric of a birth has a name and a datatype; an alias is the node's own.
std::string check_birth(payload const& p) {
  for (auto const& m : p.metrics) {
    if (!m.name || m.name->empty()) return "a metric of a birth has no name";
    if (!m.type || *m.type == 0) return "metric \"" + cut(*m.name, 128) + "\" of a birth has no datatype";
    if (*m.type > 34) return "metric \"" + cut(*m.name, 128) + "\" has datatype " + std::to_string(*m.type) + ", which does not exist";
  }
  return {};
}

decoded birth(step& s, node_session& n) {
  auto const device = std::string(s.to.device);
  if (auto why = check_birth(s.p); !why.empty()) return decoded::rejected(std::move(why));
  auto d = decoded::of(message_kind::status, s.to.native());
  d.elements.front().content = hash_of(s.in.payload);
  set_time(d.elements.front(), s.p);
  d.elements.front().online = true;
  d.elements.front().readings.push_back({"online", "", "", true});
  auto& found = d.discovered.emplace_back();
  found.native = s.to.native();
  found.name = device.empty() ? s.to.node : s.to.device;

  if (device.empty()) {
    // Everything that the node and its devices declared before is void; each device is born again after it.
    for (auto& [name, session] : n.devices) {
      forget_metrics(s.state, n, name);
      session.born = false;
    }
    n.aliases.clear();
    n.born = true;
    n.unsure = false;
    n.missing.clear();
    n.bd_seq = bd_seq_of(s.p);
    n.asked = 0;
    no_rebirth(s.state, s.key, n);
    n.next_seq = static_cast<std::uint32_t>((s.p.seq.value_or(0) + 1) % 256);
    n.last_content = hash_of(s.in.payload);
  } else {
    forget_metrics(s.state, n, device);
  }
  n.devices[device].born = true;

  char const* ignored = nullptr;
  for (auto const& m : s.p.metrics) {
    auto what = name_metric(m, m.type, s.in.settings);
    auto const name = std::string(*m.name);
    if (!declare(s.state, n, device, name, m.alias, what)) return decoded::rejected("more than 200,000 metrics are declared; the births beyond are refused");
    if (!what.metric.empty() && found.metrics.size() < 1024 && (*m.type < 16 || *m.type > 21))
      found.metrics.push_back(what.metric.find('/') == std::string::npos ? what.metric + "/" + name : what.metric);
    if (m.value == metric::field::string) {
      std::string shown;
      note_property(name, m.bytes, found);
    }
    if (!what.metric.empty()) add_metric(s, d, what, name, m, ignored, true);
  }
  return d;
}

decoded data(step& s, node_session& n) {
  auto d = decoded::of(message_kind::telemetry, s.to.native());
  d.elements.front().content = hash_of(s.in.payload);
  set_time(d.elements.front(), s.p);
  auto const& session = n.devices[std::string(s.to.device)];
  char const* ignored = nullptr;
  std::string unknown;
  auto const refuse = [&](std::string why) {
    decoded_element e;
    e.native = s.to.native();
    e.refused = std::move(why);
    d.elements.push_back(std::move(e));
  };
  for (auto const& m : s.p.metrics) {
    std::string name(m.name.value_or(""));
    if (name.empty()) {
      if (!m.alias) {
        refuse("a metric has neither name nor alias");
        continue;
      }
      auto const text = "alias " + std::to_string(*m.alias);
      auto const bound = n.aliases.find(*m.alias);
      if (bound == n.aliases.end()) {
        if (unknown.empty()) unknown = text + " stands in no birth";
        refuse(text + " stands in no birth; a rebirth is asked for");
        continue;
      }
      if (bound->second.name.empty()) {
        refuse(text + " was born twice, for two metrics");
        continue;
      }
      if (bound->second.device != s.to.device) {
        if (unknown.empty()) unknown = text + " is another device's";
        refuse(text + " is another device's; a rebirth is asked for");
        continue;
      }
      name = bound->second.name;
    }
    auto const known = session.metrics.find(name);
    if (known != session.metrics.end()) {
      add_metric(s, d, known->second, name, m, ignored, false);
      continue;
    }
    // Named, but not in the birth: what it says by itself is kept, and the births are asked for.
    if (unknown.empty()) unknown = "metric \"" + cut(name, 128) + "\" stands in no birth";
    add_metric(s, d, name_metric(m, m.type, s.in.settings), name, m, ignored, false);
  }
  if (!unknown.empty()) want_rebirth(s.state, s.key, s.policy, s.in.arrival, std::move(unknown));
  if (d.elements.front().readings.empty()) {
    if (d.elements.size() > 1) return decoded::rejected(std::move(d.elements[1].refused));
    if (s.p.metrics.empty()) return decoded::ignored("no metric in it");
    return decoded::ignored(ignored ? std::string("nothing to keep: ") + ignored : "nothing to keep: only control metrics");
  }
  return d;
}

// A command of a host, ours or another's, as it passes by: only described.
decoded command(step& s) {
  if (s.p.metrics.empty()) return decoded::rejected("a command without a metric");
  auto d = decoded::of(message_kind::command, s.to.native());
  d.elements.front().content = hash_of(s.in.payload);
  set_time(d.elements.front(), s.p);
  auto const& m = s.p.metrics.front();
  std::string name(m.name.value_or(""));
  if (name.empty() && m.alias)
    if (auto const n = s.state.nodes.find(s.key); n != s.state.nodes.end())
      if (auto const a = n->second.aliases.find(*m.alias); a != n->second.aliases.end()) name = a->second.name;
  if (name.empty() && !m.alias) return decoded::rejected("a command's metric has neither name nor alias");
  bool const control = name.starts_with("Node Control/") || name.starts_with("Device Control/");
  decoded_command c;
  c.action = control ? control_action(name) : "write";
  bool const rebirth = name == rebirth_name;
  c.ack_topic = "spBv1.0/" + std::string(s.to.group) + (rebirth ? "/NBIRTH/" : s.to.of_device() ? "/DDATA/" : "/NDATA/") + std::string(s.to.node) +
                (s.to.of_device() ? "/" + std::string(s.to.device) : "");
  d.command = std::move(c);
  return d;
}

decoded node_death(step& s) {
  auto const it = s.state.nodes.find(s.key);
  auto d = offline(s, s.key, std::nullopt);  // a will carries no time: it is over when the host hears it
  if (it == s.state.nodes.end()) return d;
  auto& n = it->second;
  auto const said = bd_seq_of(s.p);
  if (!n.unsure && n.bd_seq && said && *said != *n.bd_seq)
    return decoded::ignored("a death of an earlier session: bdSeq " + std::to_string(*said) + ", born with " + std::to_string(*n.bd_seq), message_kind::status);
  for (auto& [name, session] : n.devices) {
    forget_metrics(s.state, n, name);
    session.born = false;
    if (name.empty()) continue;
    auto gone = offline(s, s.key + "/" + name, std::nullopt);
    d.elements.push_back(std::move(gone.elements.front()));
  }
  n.aliases.clear();
  n.missing.clear();
  n.born = n.unsure = false;
  no_rebirth(s.state, s.key, n);
  return d;
}

decoded device_death(step& s, node_session& n) {
  auto const device = std::string(s.to.device);
  forget_metrics(s.state, n, device);
  n.devices[device].born = false;
  auto d = offline(s, s.to.native(), std::nullopt);
  set_time(d.elements.front(), s.p);
  return d;
}

// Births, data and DDEATH of a node: its session, its `seq`, then what it says.
decoded of_session(step& s) {
  auto it = s.state.nodes.find(s.key);
  if (it == s.state.nodes.end()) {
    if (s.state.nodes.size() >= session_state::max_nodes) return decoded::rejected("10,000 edge nodes are known already");
    it = s.state.nodes.try_emplace(s.key).first;
  }
  auto& n = it->second;
  if (n.devices.size() > session_state::max_devices && !n.devices.count(s.to.device)) return decoded::rejected("the edge node has 10,000 devices already");
  if (s.to.type == "NBIRTH") return birth(s, n);

  bool const was_born = n.born;
  bool trusted = was_born;
  if (was_born) {
    auto const r = check_seq(s.state, s.key, n, static_cast<std::uint32_t>(s.p.seq.value_or(0)), hash_of(s.in.payload), s.policy, s.in.arrival);
    trusted = r.trusted;
  } else {
    want_rebirth(s.state, s.key, s.policy, s.in.arrival, std::string(s.to.type) + " came before a birth of its node");
  }
  if (s.to.type == "DBIRTH") return birth(s, n);
  if (s.to.type == "DDEATH") return device_death(s, n);
  if (!was_born) return decoded::rejected("data before a birth of the edge node; a rebirth is asked for");
  if (!trusted) return decoded::rejected("data after messages were missed; a rebirth is asked for");
  auto const session = n.devices.find(s.to.device);
  if (session == n.devices.end() || !session->second.born) {
    want_rebirth(s.state, s.key, s.policy, s.in.arrival, "data of " + s.to.native() + " came before its birth");
    return decoded::rejected("data before a birth of the device; a rebirth is asked for");
  }
  return data(s, n);
}

}  // namespace

decoded decode_sparkplug_b(decode_input const& in) {
  dialect_memory none;
  auto& state = (in.memory ? *in.memory : none).sparkplug;
  auto const policy = policy_of(in.settings);
  auto requests = take_due(state, policy, in.arrival);
  auto const finish = [&](decoded d) {
    for (auto& r : take_due(state, policy, in.arrival)) requests.push_back(std::move(r));
    // Through a bridge the field cannot be asked; the host on that side does it.
    if (in.gateway.empty()) d.requests = std::move(requests);
    return d;
  };
  if (in.topic.starts_with("spBv1.0/STATE/")) return finish(host_state(in, in.topic.substr(14)));
  step s{in, state, policy, {}, {}, {}};
  if (auto why = read_topic(in.topic, s.to); !why.empty()) return finish(decoded::rejected(std::move(why)));
  if (!valid_utf8(in.topic)) return finish(decoded::rejected("the topic is no UTF-8"));
  if (in.retain) return finish(decoded::ignored("retained: Sparkplug retains nothing but STATE, so it tells of another time", message_kind::status));
  s.key = s.to.key();
  if (auto why = read_payload(in.payload, s.p); !why.empty()) return finish(decoded::rejected(std::move(why)));
  if (s.to.type == "NCMD" || s.to.type == "DCMD") return finish(command(s));
  if (s.to.type == "NDEATH") return finish(node_death(s));
  return finish(of_session(s));
}

std::vector<decoded_request> sparkplug_due(dialect_memory& memory, decoder_settings const& settings, core::time_point now) {
  return take_due(memory.sparkplug, policy_of(&settings), now);
}

void sparkplug_connected(dialect_memory& memory, decoder_settings const& settings, core::time_point at) {
  host_connected(memory.sparkplug, policy_of(&settings), at);
}

}  // namespace ioc::perceive
