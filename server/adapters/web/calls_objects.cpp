#include "adapters/web/calls.hpp"

#include "core/ids.hpp"
#include "core/value.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>

namespace ioc::web {

namespace {
constexpr int base64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

std::string cursor_after(item const& i) {
  auto const plain = std::to_string(core::to_us(i.meta.at)) + ":" + i.key;
  std::string out(sodium_base64_encoded_len(plain.size(), base64), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<unsigned char const*>(plain.data()), plain.size(), base64);
  out.resize(out.size() - 1);
  return out;
}

std::optional<hub::position> position_of(std::string_view cursor) {
  if (cursor.empty()) return std::nullopt;
  std::string plain(cursor.size(), '\0');
  std::size_t size = 0;
  hub::position p;
  bool ok = sodium_base642bin(reinterpret_cast<unsigned char*>(plain.data()), plain.size(), cursor.data(), cursor.size(), nullptr, &size, nullptr, base64) == 0;
  plain.resize(ok ? size : 0);
  auto const colon = plain.find(':');
  if (ok && colon != std::string::npos) {
    auto const [end, error] = std::from_chars(plain.data(), plain.data() + colon, p.at_us);
    if (error == std::errc{} && end == plain.data() + colon) {
      p.key = plain.substr(colon + 1);
      return p;
    }
  }
  throw bad_request("argument 'cursor' is not one that this list gave");
}

// What the hub's text does not hold of a device: the registry's part, or where and as what an unclaimed one was heard.
std::string with_registry(context& c, std::string json, std::string const& key) {
  auto const slash = key.find('/');
  if (auto const more = c.rest.registered_json(key.substr(0, slash), key.substr(slash + 1)); more && more->size() > 2 && json.ends_with('}')) {
    json.back() = ',';
    json += more->substr(1);
  }
  return json;
}

response from_hub(context& c, call const& k, channel where, item_filter const& filter) {
  auto const limit = limit_argument(k.r);
  auto const found = c.live.list(where, filter, limit + 1, position_of(k.r.argument("cursor")));
  std::vector<std::string> items;
  for (std::size_t i = 0; i < std::min(found.size(), limit); ++i) {
    bool const to_claim = where == channel::devices && !found[i].meta.claimed;  // few, and whoever claims one needs to know what it is
    items.push_back(to_claim ? with_registry(c, *found[i].json, found[i].key) : *found[i].json);
  }
  response out;
  out.body = list_json(items, found.size() > limit ? cursor_after(found[limit - 1]) : "");
  return out;
}

// History from the database; where the hub holds the same object, its state is the newer one.
response from_history(context& c, call const& k, channel where, object_kind kind, object_filter const& filter) {
  auto const page = [&] {
    try {
      return c.rest.list_objects(kind, filter, limit_argument(k.r), std::string(k.r.argument("cursor")));
    } catch (std::invalid_argument const&) {
      throw bad_request("argument 'cursor' is not one that this list gave");
    }
  }();
  std::vector<std::string> items;
  for (auto const& o : page.items) {
    if (!k.units.contains(o.unit)) continue;
    auto const live = c.live.find(where, o.id);
    items.push_back(live ? *live->json : o.json);
  }
  response out;
  out.body = list_json(items, page.next);
  return out;
}

std::set<std::string> words(request const& r, std::string const& argument, std::set<std::string> const& known) {
  std::set<std::string> out;
  for (auto& w : split_list(r.argument(argument))) {
    if (!known.contains(w)) throw bad_request("argument '" + argument + "' does not know '" + w + "'");
    out.insert(std::move(w));
  }
  return out;
}

item_filter live_filter(context& c, call const& k) {
  item_filter f;
  f.units = wanted_units(c, k);
  f.rule = k.r.argument("rule");
  f.alert = k.r.argument("alert");
  f.device = k.r.argument("device");
  return f;
}

response one(context& c, call const& k, channel where, object_kind kind) {
  auto const& id = k.ids.at(0);
  response out;
  if (auto const live = c.live.find(where, id)) {
    if (!k.units.contains(live->unit)) throw not_found();
    out.body = *live->json;
    return out;
  }
  if (!core::uuid::parse(id)) throw not_found();
  auto const stored = c.rest.get_object(kind, id);
  if (!stored || !k.units.contains(stored->unit)) throw not_found();
  out.body = stored->json;
  return out;
}
}  // namespace

std::set<std::string> wanted_units(context& c, call const& k) {
  std::string const unit(k.r.argument("unit"));
  if (unit.empty()) return k.units;
  if (!k.units.contains(unit)) throw not_found();
  return c.tree.below(unit);
}

std::vector<std::string> as_list(std::set<std::string> const& s) { return {s.begin(), s.end()}; }

std::string unit_of(context& c, call const& k, channel where, object_kind kind, std::string const& id) {
  std::string unit;
  if (auto const live = c.live.find(where, id)) {
    unit = live->unit;
  } else if (core::uuid::parse(id)) {
    if (auto const stored = c.rest.get_object(kind, id)) unit = stored->unit;
  }
  if (!k.units.contains(unit)) throw not_found();
  return unit;
}

std::optional<core::time_point> time_argument(request const& r, std::string const& name) {
  std::string text(r.argument(name));
  if (text.empty()) return std::nullopt;
  // "+07:00" that was not percent-encoded arrives as " 07:00".
  if (auto const t = text.find('T'), space = text.find(' '); t != std::string::npos && space != std::string::npos && space > t) text[space] = '+';
  auto const parsed = core::from_iso(text);
  if (!parsed) throw bad_request("argument '" + name + "' must be an ISO 8601 time with offset, as 2027-07-24T16:50:00.000Z");
  return parsed;
}

std::string list_json(std::vector<std::string> const& items, std::string const& next) {
  std::string out = R"({"items":[)";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ',';
    out += items[i];
  }
  return out + R"(],"next":)" + (next.empty() ? "null" : core::json_quote(next)) + "}";
}

response list_alerts(context& c, call const& k) {
  only_arguments(k.r, {"unit", "state", "severity", "rule", "device", "from", "to", "limit", "cursor"});
  auto f = live_filter(c, k);
  f.states = words(k.r, "state", {"open", "active_unacked", "active_acked", "cleared_unacked", "closed"});
  f.severities = words(k.r, "severity", {"info", "notice", "warning", "danger", "emergency"});
  object_filter h{as_list(f.units), {}, as_list(f.severities), f.rule, f.device, "", time_argument(k.r, "from"), time_argument(k.r, "to")};
  // Open alerts are all in the hub, and there also while the database is away.
  if (!f.states.empty() && !f.states.contains("closed") && !h.from && !h.to) return from_hub(c, k, channel::alerts, f);
  if (f.states.erase("open") > 0) f.states.insert({"active_unacked", "active_acked", "cleared_unacked"});
  h.states = as_list(f.states);
  return from_history(c, k, channel::alerts, object_kind::alert, h);
}

response one_alert(context& c, call const& k) { return one(c, k, channel::alerts, object_kind::alert); }

response list_devices(context& c, call const& k) {
  only_arguments(k.r, {"unit", "type", "state", "claimed", "q", "limit", "cursor"});
  item_filter f;
  f.units = wanted_units(c, k);
  f.type = k.r.argument("type");
  f.text = k.r.argument("q");
  f.states = words(k.r, "state", {"online", "offline", "unknown"});
  if (auto const claimed = k.r.argument("claimed"); claimed == "true" || claimed == "false") f.claimed = claimed == "true";
  else if (!claimed.empty()) throw bad_request("argument 'claimed' is true or false");
  return from_hub(c, k, channel::devices, f);
}

response one_device(context& c, call const& k) {
  if (!k.units.contains(k.ids.at(0))) throw not_found();
  auto const found = c.live.find(channel::devices, k.ids[0] + "/" + k.ids.at(1));
  if (!found) throw not_found();
  response out;
  out.body = with_registry(c, *found->json, k.ids[0] + "/" + k.ids[1]);
  return out;
}

response list_actions(context& c, call const& k) {
  only_arguments(k.r, {"unit", "alert", "state", "limit", "cursor"});
  auto f = live_filter(c, k);
  std::set<std::string> const under_way = {"proposed", "approved", "sent", "accepted", "running"};
  auto known = under_way;
  known.insert({"succeeded", "partial", "failed", "rejected", "expired", "cancelled"});
  f.states = words(k.r, "state", known);
  // What is under way, and all of an open alert, is in the hub.
  bool const live = !f.states.empty() && std::includes(under_way.begin(), under_way.end(), f.states.begin(), f.states.end());
  if (live || (!f.alert.empty() && c.live.find(channel::alerts, f.alert))) return from_hub(c, k, channel::actions, f);
  if (!f.alert.empty() && !core::uuid::parse(f.alert)) throw not_found();
  return from_history(c, k, channel::actions, object_kind::action, {as_list(f.units), as_list(f.states), {}, "", "", f.alert, {}, {}});
}

response one_action(context& c, call const& k) { return one(c, k, channel::actions, object_kind::action); }

response list_tasks(context& c, call const& k) {
  only_arguments(k.r, {"unit", "alert", "state", "limit", "cursor"});
  auto f = live_filter(c, k);
  f.states = words(k.r, "state", {"open", "done"});
  return from_hub(c, k, channel::tasks, f);
}

}  // namespace ioc::web
