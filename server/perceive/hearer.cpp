#include "perceive/hearer.hpp"

#include <algorithm>

#include "perceive/json_read.hpp"
#include "perceive/ucum.hpp"
#include "perceive/weigh.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace ioc::perceive {
namespace {

// Decimal steps of a device (mm, tenths) survive a conversion exactly: 8 − 6.89 is 1.11, not 1.1100000000000003.
double rounded(double v) { return std::abs(v) < 1e6 ? std::round(v * 1e9) / 1e9 : v; }

record_key key_of(message_kind kind, decoded_element const& e) {
  record_key k;
  k.kind = static_cast<std::uint8_t>(kind);
  k.t = e.t;
  k.seq = e.seq;
  std::array<std::uint64_t, 4> parts{static_cast<std::uint64_t>(kind), 0, 0, 0};
  if (!e.identity.empty()) {
    parts[1] = hash_of(e.identity, 1);
  } else {
    parts[1] = e.seq ? *e.seq + 1 : 0;
    parts[2] = e.t ? static_cast<std::uint64_t>(core::to_us(*e.t)) : 0;
    parts[3] = e.seq && e.t ? 0 : e.content;
    k.certain = e.seq || e.t;
  }
  k.hash = hash_of(std::string_view(reinterpret_cast<char const*>(parts.data()), sizeof parts));
  return k;
}

constexpr std::uint64_t most_missed = 1'000'000'000;

// A hole in `seq` is a loss; a record out of order fills it; a lower seq with a newer time is a device that restarted.
void count_missed(device_view& view, decoded_element const& e, bool newer) {
  if (!e.seq) return;
  if (view.last_seq && *e.seq < *view.last_seq && !newer) {
    if (view.missed > 0) --view.missed;
    return;
  }
  // A leap of more than a device could ever have sent is a counter that was set anew.
  if (view.last_seq && *e.seq > *view.last_seq)
    if (auto const hole = *e.seq - *view.last_seq - 1; hole < most_missed) view.missed += hole;
  view.last_seq = e.seq;
}

// A status that is older than what is known says nothing new. Its own time against that of other statuses (not of telemetry: a last will
// may carry the time at which the device connected, and is true when it comes); against an arrival with some
// tolerance, as a device's clock and ours are never quite the same: ten seconds more than its stamps usually lag.
bool tells_of_the_past(device_view const& view, core::time_point own, core::duration usual_lag) {
  constexpr std::chrono::seconds tolerance{10};
  return own < view.said_at || own + tolerance + usual_lag < view.told_at;
}

constexpr char gateway_mark = '\x1f';  // between gateway and name in the key of an unclaimed device

}  // namespace

// One series as a device names it, looked up once: messages repeat the same names in the same order.
struct series_name {
  std::string said;  // metric, or metric/channel
  std::string name;  // canonical
  metric_info const* info = nullptr;

  bool is(decoded_reading const& r) const {
    if (r.channel.empty()) return said == r.metric;
    return said.size() == r.metric.size() + 1 + r.channel.size() && said.starts_with(r.metric) && said[r.metric.size()] == '/' && said.ends_with(r.channel);
  }
};

// The same of one device: `newest` is the place in its view; nowhere until its first value.
struct series_slot {
  series_name const* name = nullptr;
  std::uint32_t newest = latest_values::nowhere;
};

// Below 0 = not looked up yet; 0 = without a limit. `surplus` stays where it is, in the hearer's map.
struct hearer::allowance {
  double per_s = -1;
  surplus_count* surplus = nullptr;
};

// `device` and `model` are null for an unclaimed one. Lives until the catalogue changes.
struct hearer::origin {
  core::device_ref ref;
  core::device const* device = nullptr;
  device_model const* model = nullptr;
  device_view* view = nullptr;
  allowance may;
  std::vector<series_slot> slots;
};

struct hearer::known_topic {
  std::string_view topic;  // `way` points into it; the map's own key, or the message's
  routed way;
  dialect_memory* memory = nullptr;  // null where the topic leads nowhere
  allowance may;                     // of its gateway
  source_tally* count = nullptr;
  std::string native;      // the last element's name and whose it was: most topics carry one device
  origin* who = nullptr;
};

// Bounded: a flood of topics or devices empties them, and they fill again.
struct hearer::shortcuts {
  static constexpr std::size_t most = 400'000;
  std::unordered_map<std::string, known_topic> topics;
  std::unordered_map<std::string, std::unique_ptr<origin>> origins;  // unit, gateway, dialect's kind, native name
  std::unordered_map<std::string, std::unique_ptr<series_name const>> names;  // by `said`, shared by all origins
};

struct hearer::element_result {
  outcome what = outcome::stored;
  std::string reason;
  std::optional<core::observation> seen;
  std::optional<core::observation> held{};
};

hearer::hearer(std::shared_ptr<catalogue const> known) : known_(std::move(known)), short_(std::make_unique<shortcuts>()) {}
hearer::~hearer() = default;
hearer::hearer(hearer&&) noexcept = default;
hearer& hearer::operator=(hearer&&) noexcept = default;

void hearer::forget_shortcuts() {
  short_->topics.clear();
  short_->origins.clear();
  short_->names.clear();
}

// `spare` serves a topic that is not worth keeping: one that leads nowhere.
hearer::known_topic& hearer::topic_of(std::string const& topic, known_topic& spare) {
  if (auto const it = short_->topics.find(topic); it != short_->topics.end()) return it->second;
  if (short_->topics.size() >= shortcuts::most || short_->origins.size() >= shortcuts::most || short_->names.size() >= shortcuts::most) forget_shortcuts();
  auto const look = [&](known_topic& t, std::string_view own) {
    t.topic = own;
    t.way = known_->sources.route(t.topic);
    t.count = &ledger_.of(t.way.source ? t.way.source->info.name : "unknown");
  };
  look(spare, topic);
  auto const& way = spare.way;
  if (!way.source || way.unit.empty() || !known_->devices.has_unit(way.unit)) return spare;
  spare.memory = &memories_[std::string(way.unit) + "/" + std::string(way.gateway) + "/" + way.source->info.name];
  if (topic.size() > 512) return spare;
  auto const place = short_->topics.try_emplace(topic).first;
  auto& kept = place->second;
  look(kept, place->first);
  kept.memory = spare.memory;
  // A registered device that speaks for itself is known before it is read: what cannot be read counts against its quota, too.
  if (way.gateway.empty() && way.source->info.decoder == "native" && kept.topic.starts_with("ioc/v1/")) {
    auto const from = kept.topic.find('/', 7) + 1;
    auto const device = from == 0 ? std::string{} : std::string{kept.topic.substr(from, kept.topic.find('/', from) - from)};
    std::string why;
    if (known_->devices.by_id(way.unit, device)) origin_of(kept, device, why);
  }
  return kept;
}

void hearer::use(std::shared_ptr<catalogue const> known) {
  forget_shortcuts();
  known_ = std::move(known);
  for (auto& [unit, names] : unclaimed_)
    std::erase_if(names, [&, &unit = unit](auto const& n) {  // named, as clang 14 lets no lambda see a structured binding
      auto const name = std::string_view(n.first).substr(2);
      auto const mark = name.find(gateway_mark);
      auto const* d = n.first[0] == 'n' ? known_->devices.by_id(unit, name)
                      : mark == name.npos ? known_->devices.by_native(unit, name)
                                          : known_->devices.by_native(unit, name.substr(mark + 1), name.substr(0, mark));
      // What it said under its provisional name is what the registered device has said.
      if (d && d->id != n.second) {
        auto const seen = views_.find(core::device_ref{unit, n.second}.text());
        auto const own = core::device_ref{unit, d->id}.text();
        if (seen != views_.end() && !views_.count(own)) {
          auto view = std::move(seen->second);
          views_.erase(seen);
          views_.emplace(own, std::move(view));
        }
      }
      return d != nullptr;
    });
}

// The lists of names first, then each device with the number of its own.
void hearer::save_views(core::archive_writer& a) const {
  std::unordered_map<series_names const*, std::uint32_t> numbers;
  std::vector<series_names const*> lists;
  for (auto const& [key, view] : views_)
    if (auto const* names = view.latest.names(); names && numbers.try_emplace(names, static_cast<std::uint32_t>(lists.size())).second) lists.push_back(names);
  a(static_cast<std::uint64_t>(lists.size()));
  for (auto const* names : lists) a(names->names);
  a(static_cast<std::uint64_t>(views_.size()));
  series_names const* last = nullptr;
  std::uint32_t number = 0;
  for (auto const& [key, view] : views_) {
    if (auto const* names = view.latest.names(); names && names != last) {
      last = names;
      number = numbers.at(names);
    }
    a(key, view.latest.names() ? number : ~0u, view.latest.values(), view);
  }
}

void hearer::restore_views(core::archive_reader& a) {
  views_.clear();
  std::uint64_t n = 0;
  std::vector<series_names_ptr> lists;
  for (a(n); n > 0; --n) {
    std::vector<std::string> names;
    a(names);
    auto list = std::make_shared<series_names>();
    for (auto const& name : names) list->add(name);
    lists.push_back(names_.share(std::move(list)));
  }
  for (a(n); n > 0; --n) {
    std::string key;
    a(key);
    auto& view = views_.emplace_hint(views_.end(), std::move(key), device_view{})->second;
    std::uint32_t number = 0;
    std::vector<latest_value> values;
    a(number, values);
    if (number != ~0u && (number >= lists.size() || lists[number]->names.size() != values.size())) throw core::archive_error("the saved state names series that it does not have");
    if (number != ~0u) view.latest.restore(lists[number], std::move(values));
    a(view);
  }
}

device_view const* hearer::view(core::device_ref const& d) const {
  char key[160];  // longer names than these are no device's
  if (d.unit.size() + d.device.size() + 1 > sizeof key) return nullptr;
  auto* p = std::copy(d.unit.begin(), d.unit.end(), key);
  *p++ = '/';
  p = std::copy(d.device.begin(), d.device.end(), p);
  auto const it = views_.find(std::string_view(key, static_cast<std::size_t>(p - key)));
  return it == views_.end() ? nullptr : &it->second;
}

hearer::gap_count hearer::gaps() const {
  gap_count n;
  for (auto const& [key, view] : views_) {
    n.records += view.missed;
    n.devices += view.missed > 0;
  }
  return n;
}

std::map<std::string, std::string> hearer::unclaimed(std::string const& unit) const {
  std::map<std::string, std::string> out;
  if (auto const it = unclaimed_.find(unit); it != unclaimed_.end())
    for (auto const& [key, id] : it->second) {
      auto name = key.substr(2);
      auto const mark = name.find(gateway_mark);
      if (mark == name.npos || !out.emplace(name.substr(mark + 1), id).second) {
        if (mark != name.npos) name[mark] = '/';  // two gateways have a device of this name
        out.emplace(std::move(name), id);
      }
    }
  return out;
}

std::optional<hearer::provisional> hearer::unclaimed_by_id(core::device_ref const& d) const {
  auto const unit = unclaimed_.find(d.unit);
  if (unit == unclaimed_.end()) return std::nullopt;
  for (auto const& [key, id] : unit->second) {
    if (id != d.device) continue;
    auto const name = key.substr(2);
    auto const mark = name.find(gateway_mark);
    if (mark == name.npos) return provisional{name, {}, key[0] == 'n'};
    return provisional{name.substr(mark + 1), name.substr(0, mark), false};
  }
  return std::nullopt;
}

verdict hearer::hear(core::raw_message const& m) {
  verdict out;
  known_topic spare;
  auto& at = topic_of(m.topic, spare);
  auto const& way = at.way;
  out.source = way.source ? way.source->info.name : "unknown";
  auto const end = [&](outcome what, std::string why) {
    out.what = what;
    out.reason = std::move(why);
    if (out.records.received() == 0) out.records.add(what);
    if (out.records.rejected > 0) out.unit = way.unit;
    at.count->messages.add(out.what);
    at.count->records += out.records;
  };

  if (!way.source) return end(outcome::rejected, "no source takes this topic"), std::move(out);
  if (m.payload.size() > max_payload) return end(outcome::rejected, "payload larger than 1 MiB"), std::move(out);
  if (way.unit.empty()) return end(outcome::rejected, "neither topic nor source names a unit"), std::move(out);
  if (auto why = known_->devices.refusal(way.unit, m.arrival); !why.empty()) return end(outcome::rejected, std::move(why)), std::move(out);
  if (!at.memory) return end(outcome::rejected, "there is no unit " + std::string(way.unit.substr(0, 32))), std::move(out);

  // Before it is read: what is above a publisher's quota costs no more than this. A device's first message is always read.
  if (!within_quota(m, at, out)) return end(outcome::rejected, "above its publisher's quota"), std::move(out);

  decode_input const in{way.rest, m.payload, m.arrival, m.retain, &way.source->settings, at.memory, way.gateway};
  decoded d = way.source->decode(in);
  out.requests = std::move(d.requests);
  if (!d.discovered.empty()) note_discovered(std::string(way.unit), std::move(d.discovered));
  out.security = d.security;
  if (d.outcome == decode_outcome::reject) return end(outcome::rejected, std::move(d.reason)), std::move(out);
  if (d.outcome == decode_outcome::ignore) return end(outcome::ignored, std::move(d.reason)), std::move(out);
  if (d.command && d.command->to_device) return end(outcome::ignored, "a command to a device, seen on the bus"), std::move(out);
  weigh(m, at, d, out);
  end(out.what, std::move(out.reason));
  return out;
}

bool hearer::stale(core::device_ref const& d) const {
  auto const v = view(d);
  if (!v || v->online != false) return false;
  std::vector<std::string> names;  // GROUP/NODE or GROUP/NODE/DEVICE
  if (auto const* is = known_->devices.by_id(d.unit, d.device)) {
    names = is->natives;
    if (!is->native.empty()) names.push_back(is->native);
  } else if (auto const found = unclaimed_by_id(d)) {
    names.push_back(found->native);
  }
  auto const own = d.unit + "/";
  for (auto const& [key, memory] : memories_) {
    if (memory.sparkplug.nodes.empty() || !key.starts_with(own)) continue;
    for (auto const& name : names) {
      auto const end = name.find('/', name.find('/') + 1);
      auto const node = memory.sparkplug.nodes.find(std::string_view(name).substr(0, end));
      if (name.find('/') == name.npos || node == memory.sparkplug.nodes.end()) continue;
      if (!node->second.born) return true;
      if (end == name.npos) continue;
      auto const device = node->second.devices.find(std::string_view(name).substr(end + 1));
      if (device != node->second.devices.end() && !device->second.born) return true;
    }
  }
  return false;
}

hearer::node_count hearer::sparkplug_nodes() const {
  node_count n;
  for (auto const& [key, memory] : memories_)
    for (auto const& [name, node] : memory.sparkplug.nodes) {
      ++n.known;
      n.alive += node.born;
      for (auto const& [device, session] : node.devices) {
        if (device.empty()) continue;
        ++n.devices;
        n.devices_alive += node.born && session.born;
      }
    }
  return n;
}

bool hearer::within_quota(core::raw_message const& m, known_topic& at, verdict& out) {
  auto const& way = at.way;
  bool const bridged = !way.gateway.empty();
  if (!bridged && !at.who) return true;
  auto const name = [&] { return bridged ? publisher_name(way.unit, way.gateway, true) : at.who->ref.text(); };
  auto& may = bridged ? at.may : at.who->may;
  if (may.per_s < 0) {
    auto const& own = known_->publisher_quotas;
    auto const it = own.find(name());
    may.per_s = it != own.end() ? it->second : way.source->info.quota_per_s.value_or(bridged ? known_->gateway_per_s : known_->device_per_s);
  }
  if (may.per_s <= 0) return true;
  auto& bucket = bridged ? at.memory->quota : at.who->view->quota;
  auto const answer = bucket.take({may.per_s, 30 * may.per_s}, m.arrival);
  if (answer == quota::answer::fine) return true;
  if (!may.surplus) may.surplus = &surplus_[name()];
  auto& n = *may.surplus;
  if (n.since != bucket.over_since()) {
    n.since = bucket.over_since();
    n.refused = 0;
  }
  ++n.refused;
  ++n.total;
  out.surplus = true;
  if (answer == quota::answer::flood) {
    flood f;
    f.who = bridged ? core::device_ref{std::string(way.unit), std::string(way.gateway)} : at.who->ref;
    f.bridged = bridged;
    f.topic = m.topic;
    f.since = n.since;
    f.refused = n.refused;
    f.quota_per_s = may.per_s;
    out.flooding = std::move(f);
  }
  return false;
}

discovered_device const* hearer::discovered(std::string const& unit, std::string const& native) const {
  auto const u = discovered_.find(unit);
  if (u == discovered_.end()) return nullptr;
  auto const d = u->second.find(native);
  return d == u->second.end() ? nullptr : &d->second;
}

void hearer::note_discovered(std::string const& unit, std::vector<discovered_device>&& found) {
  auto& known = discovered_[unit];
  for (auto& d : found) {
    if (d.native.empty() || d.native.size() > max_text) continue;
    for (std::string* s : {&d.name, &d.vendor, &d.model, &d.type})
      if (s->size() > max_text) s->resize(max_text);
    if (d.metrics.size() > max_series) d.metrics.resize(max_series);
    if (known.size() >= max_unclaimed && !known.count(d.native)) continue;
    auto& there = known[d.native];
    // Home Assistant tells of one device in many messages, one for each quantity.
    if (there.native == d.native && d.metrics.size() == 1) {
      if (std::find(there.metrics.begin(), there.metrics.end(), d.metrics.front()) == there.metrics.end() && there.metrics.size() < max_series)
        there.metrics.push_back(std::move(d.metrics.front()));
      d.metrics = std::move(there.metrics);
    }
    there = std::move(d);
  }
}

void hearer::weigh(core::raw_message const& m, known_topic& at, decoded& d, verdict& out) {
  std::array<std::string, 4> reasons;
  bool const batch = d.elements.size() > 1;
  for (std::size_t i = 0; i < d.elements.size(); ++i) {
    auto r = weigh_element(m, at, d.kind, d.elements[i]);
    out.records.add(r.what);
    if (batch && r.what == outcome::rejected && out.refused.size() < max_refused) out.refused.push_back({i, r.reason});
    auto& why = reasons[static_cast<std::size_t>(r.what)];
    if (why.empty()) why = std::move(r.reason);
    if (r.seen) out.observations.push_back(std::move(*r.seen));
    if (r.held) out.held.push_back(std::move(*r.held));
  }
  auto const& n = out.records;
  out.what = n.stored ? outcome::stored : n.rejected ? outcome::rejected : n.duplicate ? outcome::duplicate : outcome::ignored;
  out.reason = reasons[static_cast<std::size_t>(out.what)];
  // A batch that is stored in part says what became of the rest.
  if (n.stored && n.rejected)
    out.reason = std::to_string(n.rejected) + " of " + std::to_string(n.received()) + " records refused: " + reasons[static_cast<std::size_t>(outcome::rejected)];
}

// Turns names and units into ours: a reading's `metric` is the canonical series afterwards. Fills slots_.
std::string hearer::canonical(origin& who, decoded_element& e) {
  slots_.clear();
  auto& slots = who.slots;
  if (slots.empty()) slots.reserve(e.readings.size());
  std::size_t next = 0;
  for (auto& r : e.readings) {
    if (next >= slots.size() || !slots[next].name->is(r)) {
      next = static_cast<std::size_t>(std::find_if(slots.begin(), slots.end(), [&](auto const& s) { return s.name->is(r); }) - slots.begin());
      if (next == slots.size()) {
        auto& known = short_->names[r.full_name()];
        if (!known) {
          series_name fresh;
          fresh.said = r.full_name();
          fresh.name = known_->metrics.canonical(fresh.said);
          fresh.info = known_->metrics.find(fresh.name);
          known = std::make_unique<series_name const>(std::move(fresh));
        }
        slots.push_back({known.get(), who.view->latest.place_of(known->name)});
      }
    }
    auto const& s = *slots[next].name;
    slots_.push_back(static_cast<std::uint32_t>(next++));
    if (auto* n = std::get_if<double>(&r.v); n && s.info) {
      if (!r.unit.empty() && r.unit != s.info->unit) {
        auto const v = convert(*n, r.unit, s.info->unit);
        if (!v) return "unit \"" + r.unit + "\" of " + s.name + " cannot be turned into \"" + s.info->unit + "\"";
        *n = rounded(*v);
      }
      if ((s.info->low && *n < *s.info->low) || (s.info->high && *n > *s.info->high)) r.q = core::quality::bad;
    }
    r.metric = s.name;
    r.channel.clear();
  }
  return {};
}

// Null: it can be nobody's, and `why` says so. A device that is not registered gets a name of its own, up to a number.
hearer::origin* hearer::origin_of(known_topic& at, std::string const& native, std::string& why) {
  if (at.who && at.native == native) return at.who;
  bool const is_native = at.way.source->info.decoder == "native";
  std::string key(at.way.unit);
  key.append(1, '\0').append(at.way.gateway).append(1, is_native ? 'n' : 'v').append(native);
  auto& there = short_->origins[key];
  if (!there) {
    auto fresh = std::make_unique<origin>();
    if (!identify(at.way, native, *fresh, why)) {
      short_->origins.erase(key);
      return nullptr;
    }
    fresh->model = fresh->device ? known_->model_of(*fresh->device) : nullptr;
    fresh->view = &views_[fresh->ref.text()];
    there = std::move(fresh);
  }
  at.native = native;
  return at.who = there.get();
}

bool hearer::identify(routed const& way, std::string const& native, origin& who, std::string& why) {
  bool const is_native = way.source->info.decoder == "native";
  who.ref.unit = way.unit;
  who.device = is_native ? known_->devices.by_id(way.unit, native) : known_->devices.by_native(way.unit, native, way.gateway);
  if (who.device) {
    who.ref.device = who.device->id;
    return true;
  }
  if (native.empty() || native.size() > 256) {
    why = "the message names no usable device";
    return false;
  }
  auto& names = unclaimed_[who.ref.unit];
  std::string key = is_native ? "n:" : "v:";
  if (!is_native && !way.gateway.empty()) key.append(way.gateway).push_back(gateway_mark);
  key += native;
  if (auto const it = names.find(key); it != names.end()) {
    who.ref.device = it->second;
    return true;
  }
  if (names.size() >= max_unclaimed) {
    why = "unit " + who.ref.unit + " has 10,000 unclaimed devices already";
    return false;
  }
  who.ref.device = is_native ? native : free_id(who.ref.unit, native, key);
  names.emplace(std::move(key), who.ref.device);
  return true;
}

// A device name for a vendor's name: the same where it fits, else with '_' for what does not and a mark that keeps apart
// what has become equal. Never a registered device's: an unknown gauge must not speak for a known one.
std::string hearer::free_id(std::string const& unit, std::string const& native, std::string const& key) const {
  std::string id;
  for (char c : native) {
    bool const fits = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    id += fits ? c : '_';
  }
  if (id.size() > 55) id.resize(55);
  auto const it = unclaimed_.find(unit);
  auto const taken = [&](std::string const& name) {
    if (known_->devices.by_id(unit, name)) return true;
    return it != unclaimed_.end() && std::any_of(it->second.begin(), it->second.end(), [&](auto const& n) { return n.second == name; });
  };
  if (id == native && !taken(id)) return id;
  char mark[10];
  std::snprintf(mark, sizeof mark, ".%08x", static_cast<unsigned>(hash_of(native) & 0xffffffffu));
  if (taken(id + mark)) std::snprintf(mark, sizeof mark, ".%08x", static_cast<unsigned>(hash_of(key) & 0xffffffffu));  // another gateway's
  return id + mark;
}

void clock_watch::hear(core::time_point t, core::time_point now, core::duration allowed) {
  auto const was = std::exchange(lag, now - t);
  auto const pause = now - std::exchange(arrival, now);
  if (lag <= allowed) {
    steady = 0;
    return;
  }
  if (steady == 0) {
    steady = 1;
    return;
  }
  if (pause < std::chrono::seconds{1}) return;  // one burst tells nothing about the pace
  // The stamps advance as fast as the arrivals, within a tenth and two seconds of jitter.
  bool const same_pace = std::chrono::abs(lag - was) <= pause / 10 + std::chrono::seconds{2};
  if (same_pace) steady = std::min<std::uint8_t>(enough, static_cast<std::uint8_t>(steady + 1));
  else steady = 1;
}

void hearer::apply_model(device_model const& model, core::device const& device, core::observation& o) const {
  auto const calibrated = [&](std::string const& name, double fixed) -> std::optional<double> {
    if (name.empty()) return fixed;
    auto const it = device.calibration.find(name);
    return it == device.calibration.end() ? std::nullopt : std::optional(it->second);
  };
  auto const heard = o.readings.size();
  for (auto const& rule : model.readings)
    for (std::size_t i = 0; i < heard; ++i) {
      auto const [base, channel] = split_channel(o.readings[i].metric);
      auto const* x = std::get_if<double>(&o.readings[i].v);
      if (base != rule.metric || !x) continue;
      auto const factor = calibrated(rule.factor_from, rule.factor);
      auto const offset = calibrated(rule.offset_from, rule.offset);
      if (!factor || !offset) continue;
      core::reading made = o.readings[i];
      made.metric = channel.empty() ? rule.to : rule.to + "/" + std::string(channel);
      double const y = rounded(*factor * *x + *offset);
      made.v = y;
      auto const* info = known_->metrics.find(made.metric);
      if (info && ((info->low && y < *info->low) || (info->high && y > *info->high))) made.q = core::quality::bad;
      o.readings.push_back(std::move(made));
    }
}

hearer::element_result hearer::weigh_element(core::raw_message const& m, known_topic& at, message_kind kind, decoded_element& e) {
  auto const& way = at.way;
  if (!e.refused.empty()) return {outcome::rejected, std::move(e.refused), {}};
  if (e.native.empty()) e.native = way.gateway;  // dialects that name the device by its credentials only
  std::string why;
  auto* const who = origin_of(at, e.native, why);
  if (!who) return {outcome::rejected, std::move(why), {}};
  auto& view = *who->view;

  auto const key = key_of(kind, e);
  if (view.heard.knows(key, m.dup, m.arrival)) return {outcome::duplicate, "this record is known already", {}};
  if (why = canonical(*who, e); !why.empty()) return {outcome::rejected, std::move(why), {}};
  if (view.latest.size() + e.readings.size() > max_series) {
    std::size_t fresh = 0;
    for (auto const& r : e.readings) fresh += view.latest.find(r.metric) ? 0 : 1;
    if (view.latest.size() + fresh > max_series) return {outcome::rejected, "the device has more than 1,024 series", {}};
  }

  auto const& limits = way.source->info;
  auto const oldest = m.arrival - oldest_kept;
  if ((e.t && *e.t < oldest) || std::any_of(e.readings.begin(), e.readings.end(), [&](auto const& r) { return r.t && *r.t < oldest; }))
    return {outcome::rejected, "its time lies more than 92 days before its arrival", {}};
  core::observation o;
  o.device = who->ref;
  o.claimed = who->device != nullptr;
  o.known_at = m.arrival;
  bool const ahead = e.t && *e.t > m.arrival + limits.max_ahead;
  auto const usual_lag = std::clamp(view.clock.lag, core::duration{0}, limits.max_behind);
  if (e.t && !ahead && !m.retain && view.heard.newer_than_all(*e.t)) view.clock.hear(*e.t, m.arrival, limits.max_behind);
  bool const behind = e.t && view.clock.behind();
  o.arrival_time_used = !e.t || ahead || behind;
  o.t = o.arrival_time_used ? m.arrival : *e.t;
  o.seq = e.seq;
  o.online = e.online;
  bool const says_nothing_else = e.readings.empty() && e.events.empty() && e.replies.empty();
  bool const old_word = e.online && !o.arrival_time_used && tells_of_the_past(view, o.t, usual_lag);
  // A will, or a bridge's word that the device is gone, is no sign of life; nor is a retained copy, or a word that others have overtaken.
  o.alive = !m.retain && e.online != false && !old_word;
  o.wait = limits.allowed_lateness;
  std::optional<core::observation> held;
  o.readings.reserve(e.readings.size() + 1);
  for (auto& r : e.readings) {
    bool const own_time = r.t && !(*r.t > m.arrival + limits.max_ahead) && !behind;
    // It meant another time than its arrival, and nobody knows which.
    if (e.time_refused && !own_time && r.q == core::quality::good) r.q = core::quality::suspect;
    o.readings.push_back({std::move(r.metric), std::move(r.v), r.q, own_time ? *r.t : o.t, r.historical, r.historical});
  }
  auto const* model = who->model;
  if (model) apply_model(*model, *who->device, o);
  if (!m.retain) {  // a retained copy restores state; nothing has happened now
    for (auto& happened : e.events) o.events.push_back({std::move(happened.name), o.t, std::move(happened.data)});
    if (limits.allowed_lateness > core::duration{0} && o.claimed && o.alive) {
      held = o;  // without its replies, and before the readings that came earlier have a say
      for (auto& r : held->readings) r.late = r.overtaken || r.t < m.arrival - limits.max_age;
    }
    if (model) model_events(*model, [&](std::string const& metric) { return view.latest.find(metric); }, o);
    for (auto& reply : e.replies) {
      reply.t = o.t;
      o.replies.push_back(std::move(reply));
    }
  }

  count_missed(view, e, !e.t || view.heard.newer_than_all(*e.t));
  view.heard.remember(key, m.arrival, dedup_memory::exact_for(known_->devices.devices().size()));
  if (e.t || e.time_refused) view.clock_wrong = ahead || behind || e.time_refused;
  std::vector<std::ptrdiff_t> unknown_age;
  for (std::size_t i = 0; i < o.readings.size(); ++i) {
    auto& r = o.readings[i];
    if (r.overtaken) continue;  // historical: never the current value
    auto* const slot = i < slots_.size() ? &who->slots[slots_[i]] : nullptr;  // what the model made has none
    auto place = slot ? slot->newest : latest_values::nowhere;
    if (place == latest_values::nowhere) {
      place = view.latest.place_for(r.metric);
      if (slot) slot->newest = place;
    }
    auto* const newest = &view.latest.in(place);
    bool const first = newest->known_at == core::time_point{};
    if (m.retain && r.t == m.arrival) {  // a copy that does not say of when it is: better than nothing, and no more than that
      if (!first) {
        unknown_age.push_back(static_cast<std::ptrdiff_t>(i));
        continue;
      }
      if (r.q == core::quality::good) r.q = core::quality::suspect;
    }
    if (!first) weigh_quality(slot ? slot->name->info : known_->metrics.find(r.metric), *newest, r);
    r.overtaken = !first && r.t < newest->t;
    r.late = r.overtaken || r.t < m.arrival - limits.max_age;
    if (r.overtaken) continue;
    take_over(*newest, r, m.arrival);
  }
  for (auto i = unknown_age.rbegin(); i != unknown_age.rend(); ++i) o.readings.erase(o.readings.begin() + *i);
  view.latest.settle(names_);
  for (auto const& happened : o.events)
    if (view.state.empty() || happened.t >= view.state_at) {
      view.state = happened.name;
      view.state_at = happened.t;
    }
  if (o.alive && (!view.last_seen || m.arrival > *view.last_seen)) view.last_seen = m.arrival;
  if (o.online ? !old_word && !(m.retain && *o.online) : o.alive) {
    view.online = o.online.value_or(true);
    if (!o.arrival_time_used) view.said_at = o.online ? std::max(view.said_at, o.t) : view.said_at;
    else if (!m.retain) view.told_at = std::max(view.told_at, m.arrival);
  }

  if (o.readings.empty() && o.events.empty() && o.replies.empty() && (!o.online || old_word || !unknown_age.empty())) {
    auto const reason = old_word                            ? "an older status than what is known"
                        : !unknown_age.empty()              ? "a retained copy without a time: it may be older than what is known"
                        : m.retain && !says_nothing_else ? "a retained copy of something that has happened"
                                                            : "no value: all are missing";
    return {outcome::ignored, reason, o.alive ? std::optional(std::move(o)) : std::nullopt, std::move(held)};
  }
  return {outcome::stored, "", std::move(o), std::move(held)};
}

}  // namespace ioc::perceive
