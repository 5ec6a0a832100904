#include "app/live_view.hpp"

#include "app/wire_json.hpp"
#include "core/archive.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ioc::app {

namespace json = boost::json;
using web::channel;

// ---------------------------------------------------------------- screens

void show(web::hub& h, core::alert const& a, pipeline::unit_machine const& unit, bool unsaved) {
  auto const key = a.id.text();
  if (!a.open()) return h.remove(channel::alerts, key, a.unit);
  web::item_meta m;
  m.unacked = !a.acked();
  m.state = core::to_text(a.state);
  m.severity = core::to_text(a.severity);
  m.rule = a.rule;
  m.device = a.device;
  m.metric = a.metric;
  m.at = a.raised_at;
  h.put(channel::alerts, key, a.unit, to_wire(a, unit, unsaved), std::move(m));
}

void show(web::hub& h, core::action const& a, pipeline::unit_machine const& unit) {
  web::item_meta m;
  m.open = !a.final();
  m.state = a.state();
  if (a.alert) m.alert = a.alert->text();
  m.at = a.proposed_at.value_or(a.approved_at.value_or(core::time_point{}));
  h.put(channel::actions, a.id.text(), a.unit, to_wire(a, unit), std::move(m));
}

void show(web::hub& h, core::task const& t) {
  web::item_meta m;
  m.open = !t.done;
  m.state = t.done ? "done" : "open";
  if (t.alert) m.alert = t.alert->text();
  m.at = t.created_at;
  h.put(channel::tasks, t.id.text(), t.unit, to_wire(t), std::move(m));
}

void show_stored_task(web::hub& h, std::string const& doc) {
  boost::system::error_code e;
  auto const v = json::parse(doc, e);
  if (e || !v.is_object()) return;
  auto const text = [&](std::string_view key) {
    auto const* x = v.get_object().if_contains(key);
    return x && x->is_string() ? std::string{x->get_string()} : std::string{};
  };
  web::item_meta m;
  m.state = text("state");
  m.open = m.state != "done";
  m.alert = text("alert");
  m.at = core::from_iso(text("created_at")).value_or(core::time_point{});
  h.put(channel::tasks, text("id"), text("unit"), doc, std::move(m));
}

void show_device(web::hub& h, pipeline::pipeline const& p, core::device_ref const& d, core::time_point now) {
  auto const* known = p.ears().known().devices.by_id(d.unit, d.device);
  web::item_meta m;
  m.device = d.device;
  m.type = known ? known->type : "";
  m.text = known ? known->name.vi : d.device;
  m.state = known ? connection_of(p, *known, now) : "unknown";
  m.claimed = known != nullptr;
  h.put(channel::devices, d.text(), d.unit, device_json(p, d, now), std::move(m));
}

void show_readings(web::hub& h, core::observation const& o) {
  if (!h.wanted(o.device.unit, o.device.device)) return;
  for (auto const& r : o.readings)
    h.reading(o.device.unit, o.device.device, r.metric,
              written(json::object{{"key", o.device.text() + "/" + r.metric}, {"device", o.device.device}, {"metric", r.metric},
                                           {"t", core::to_ms(r.t)}, {"v", json_of(r.v)}, {"q", std::string{core::to_text(r.q)}}}));
}

std::string connection_of(pipeline::pipeline const& p, core::device const& d, core::time_point now) {
  auto const* unit = p.unit(d.unit);
  if (unit && unit->alerts().offline(d.id)) return "offline";
  auto const* view = p.ears().view({d.unit, d.id});
  if (!view) return "unknown";
  if (view->online && !*view->online) return "offline";
  if (!view->last_seen) return "unknown";
  auto const expected = p.ears().known().expected_interval(d);
  // Three missed turns and a minute: then nobody knows any more. Offline is said by rules, wills and status messages alone.
  if (expected && now - *view->last_seen > *expected * 3 + std::chrono::minutes{1}) return "unknown";
  return "online";
}

std::string device_json(pipeline::pipeline const& p, core::device_ref const& ref, core::time_point now) {
  auto const& known = p.ears().known();
  auto const* d = known.devices.by_id(ref.unit, ref.device);
  auto const* view = p.ears().view(ref);
  json::object o{{"unit", ref.unit}, {"device", ref.device}, {"claimed", d != nullptr}};
  if (d) {
    o["name"] = d->name.vi;
    o["name_en"] = d->name.en.empty() ? d->name.vi : d->name.en;
    o["type"] = d->type;
    o["zone"] = d->zone;
    o["model"] = d->model.empty() ? json::value(nullptr) : json::value(d->model);
    o["parent"] = d->parent.empty() ? json::value(nullptr) : json::value(d->parent);
    o["lat"] = d->lat ? json::value(*d->lat) : json::value(nullptr);
    o["lon"] = d->lon ? json::value(*d->lon) : json::value(nullptr);
    if (d->coverage_m) o["coverage_m"] = *d->coverage_m;
    json::array tags;
    for (auto const& t : d->tags) tags.emplace_back(t);
    o["tags"] = std::move(tags);
    o["connection"] = connection_of(p, *d, now);
    auto const expected = known.expected_interval(*d);
    o["expected_interval_s"] = expected ? json::value(core::to_seconds(*expected)) : json::value(nullptr);
    o["stale_after_s"] = expected ? json::value(core::to_seconds(*expected) * 2) : json::value(nullptr);
  } else {
    o["name"] = ref.device;
    o["type"] = "unknown";
    o["zone"] = nullptr;
    o["connection"] = view && view->last_seen ? "online" : "unknown";
    o["expected_interval_s"] = o["stale_after_s"] = nullptr;
    o["tags"] = json::array{};
  }
  o["last_seen"] = view && view->last_seen ? json::value(core::to_iso(*view->last_seen)) : json::value(nullptr);
  o["state"] = view && !view->state.empty() ? json::value(view->state) : json::value(nullptr);
  o["clock_wrong"] = view && view->clock_wrong;
  json::object latest;
  if (view)
    for (auto const& [metric, v] : view->latest) {
      json::object x{{"value", json_of(v.v)}, {"unit", ""}, {"time", core::to_iso(v.t)}, {"known_at", core::to_iso(v.known_at)},
                     {"quality", std::string{core::to_text(v.q)}}};
      if (auto const* info = known.metrics.find(metric)) {
        x["unit"] = info->unit;
        x["metric_name"] = json_of(info->label);
      }
      latest[metric] = std::move(x);
    }
  o["latest"] = std::move(latest);
  return written(o);
}

std::string summary_json(pipeline::pipeline const& p, pipeline::unit_machine const& unit, std::vector<core::time_point> const& raises, double rate,
                         bool database_up, core::time_point now) {
  constexpr core::severity all[] = {core::severity::info, core::severity::notice, core::severity::warning, core::severity::danger, core::severity::emergency};
  std::map<core::severity, int> open, unacked;
  for (auto const& [id, a] : unit.alerts().open()) {
    ++open[a.severity];
    if (!a.acked()) ++unacked[a.severity];
  }
  json::object by, unacked_by;
  int total = 0, waiting = 0;
  for (auto const s : all) {
    by[core::to_text(s)] = open[s];
    unacked_by[core::to_text(s)] = unacked[s];
    total += open[s];
    waiting += unacked[s];
  }
  std::map<std::string, int> devices;
  for (auto const& d : unit.config().devices) ++devices[connection_of(p, d, now)];
  json::array buckets;
  for (int i = 6; i >= 0; --i)
    buckets.emplace_back(std::count_if(raises.begin(), raises.end(), [&](auto t) {
      return t > now - std::chrono::minutes{10} * (i + 1) && t <= now - std::chrono::minutes{10} * i;
    }));
  auto const code = unit.config().unit.code;
  return written(json::object{
      {"unit", code},
      {"time", core::to_iso(now)},
      {"alerts", json::object{{"open", total}, {"unacked", waiting}, {"by_severity", std::move(by)}, {"unacked_by_severity", std::move(unacked_by)}}},
      {"load", json::object{{"last_10min", buckets.back()}, {"buckets", buckets}}},
      {"devices", json::object{{"total", unit.config().devices.size()}, {"online", devices["online"]}, {"offline", devices["offline"]},
                               {"unknown", devices["unknown"]}}},
      {"rate", json::object{{"per_s", rate}}},
      {"database", json::object{{"up", database_up}}},
      {"province", nullptr}});
}

// ---------------------------------------------------------------- ledger

namespace {

json::object tally_json(perceive::tally const& t) {
  return {{"received", t.received()}, {"stored", t.stored}, {"duplicate", t.duplicate}, {"ignored", t.ignored}, {"rejected", t.rejected}};
}

}  // namespace

std::string ledger_text(perceive::ledger const& l, std::uint64_t in_flight) {
  auto const all = l.total();
  auto total = tally_json(all.messages);
  total["received"] = all.messages.received() + in_flight;
  total["in_flight"] = in_flight;
  json::array sources;
  for (auto const& [name, s] : l.sources()) {
    auto o = tally_json(s.messages);
    o["source"] = name;
    o["in_flight"] = 0;
    o["records"] = tally_json(s.records);
    sources.push_back(std::move(o));
  }
  return written(json::object{{"total", std::move(total)}, {"records", tally_json(all.records)}, {"sources", std::move(sources)}});
}

// ---------------------------------------------------------------- rows

void add_rows(core::observation const& o, postgres::batch& b) {
  for (auto const& r : o.readings)
    b.readings.push_back({o.device.unit, o.device.device, r.metric, r.t, o.known_at, r.v, r.q, r.late, o.seq});
  for (auto const& e : o.events) b.events.push_back({o.device.unit, o.device.device, e.t, o.known_at, e.name, e.data});
}

void add_rows(core::alert_change const& c, pipeline::unit_machine const& unit, postgres::batch& b) {
  auto const& a = c.alert;
  b.objects.push_back({"alert", a.id.text(), a.unit, a.version, std::string{core::to_text(a.state)}, static_cast<int>(a.severity), a.rule, a.subject, a.device,
                       a.raised_at, "", a.open(), to_wire(a, unit)});
  b.log.push_back({"alert", a.id.text(), a.version, c.at, std::string{core::to_text(c.what)}, c.by, ""});
}

void add_rows(alert::suppression const& s, std::string const& unit, postgres::batch& b) {
  b.log.push_back({"suppression", core::name_uuid("suppression|" + unit + "|" + s.rule + "|" + s.device + "|" + std::to_string(core::to_us(s.at))).text(), 1, s.at,
                   "suppressed", "", written(json::object{{"unit", unit}, {"rule", s.rule}, {"device", s.device}, {"by", s.by.text()}})});
}

void add_rows(core::recommendation const& r, postgres::batch& b) {
  b.objects.push_back({"recommendation", r.id.text(), r.unit, r.version, std::string{core::to_text(r.state)}, std::nullopt, r.rule, r.subject, "",
                       r.recommended_at.value_or(r.triggered_at), r.alert.text(), !r.ended_at, to_wire(r)});
}

void add_rows(core::action const& a, pipeline::unit_machine const& unit, postgres::batch& b) {
  b.objects.push_back({"action", a.id.text(), a.unit, a.version, a.state(), std::nullopt, "", "", "",
                       a.proposed_at.value_or(a.approved_at.value_or(core::time_point{})), a.alert ? a.alert->text() : "", !a.final(), to_wire(a, unit)});
}

void add_rows(core::task const& t, postgres::batch& b) {
  b.objects.push_back({"task", t.id.text(), t.unit, 1, t.done ? "done" : "open", std::nullopt, "", t.target, "", t.created_at, t.alert ? t.alert->text() : "",
                       !t.done, to_wire(t)});
}

void add_rejection(perceive::verdict const& v, journal::record const& r, postgres::batch& b) {
  if (v.what != perceive::outcome::rejected && v.records.rejected == 0) return;
  std::string unit;
  if (r.message.topic.starts_with("ioc/")) {  // ioc/v1/{unit}/…, ioc/raw/v1/{unit}/…
    auto const skip = r.message.topic.starts_with("ioc/raw/v1/") ? 11u : 7u;
    if (r.message.topic.size() > skip) unit = r.message.topic.substr(skip, r.message.topic.find('/', skip) - skip);
  }
  b.rejected.push_back({r.at, 0, r.message.arrival, r.message.topic, r.message.payload, v.reason, v.source, unit});
}

void add_device(pipeline::pipeline const& p, core::device_ref const& d, core::time_point now, postgres::batch& b) {
  auto const* view = p.ears().view(d);
  b.devices.push_back({d.unit, d.device, device_json(p, d, now), view && view->last_seen ? *view->last_seen : core::time_point{}});
}

// ---------------------------------------------------------------- operations

namespace {

json::value parsed(std::string const& text) { return json::parse(text); }

}  // namespace

std::string object_after(pipeline::pipeline const& p, pipeline::operation const& op, pipeline::site_outcomes const& out) {
  auto const* unit = p.unit(op.unit);
  if (!unit) return "";
  using kind = pipeline::operation_kind;
  if (op.kind == kind::ack || op.kind == kind::close || op.kind == kind::comment) {
    core::alert const* last = unit->alerts().find(op.id);
    for (auto const& [code, o] : out)  // a closed one has left the engine
      for (auto const& c : o.alerts.alerts)
        if (c.alert.id == op.id) last = &c.alert;
    return last ? to_wire(*last, *unit) : "";
  }
  if (op.kind == kind::approve_recommendation || op.kind == kind::reject_recommendation) {
    auto const* r = unit->advice().find(op.id);
    if (!r) return "";
    auto o = parsed(to_wire(*r)).as_object();
    json::array actions;
    for (auto const& id : r->actions)
      if (auto const* a = unit->acts().find(id)) actions.push_back(parsed(to_wire(*a, *unit)));
    o["actions"] = std::move(actions);
    return written(o);
  }
  auto const* a = unit->acts().find(op.id);
  return a ? to_wire(*a, *unit) : "";
}

std::string state_of(pipeline::pipeline const& p, pipeline::operation const& op) {
  auto const* unit = p.unit(op.unit);
  if (!unit) return "";
  if (auto const* a = unit->alerts().find(op.id)) return std::string{core::to_text(a->state)};
  if (auto const* r = unit->advice().find(op.id)) return std::string{core::to_text(r->state)};
  if (auto const* a = unit->acts().find(op.id)) return a->state();
  return "";
}

// ---------------------------------------------------------------- saved state

std::string saved_text(pipeline::pipeline const& p, sent_set const& sent) {
  core::archive_writer w;
  w(p.save(), sent);
  return w.take();
}

void restore_saved(pipeline::pipeline& p, sent_set& sent, std::string_view bytes) {
  core::archive_reader r{bytes};
  std::string machine;
  r(machine, sent);
  p.restore(machine);
}

}  // namespace ioc::app
