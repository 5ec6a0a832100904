#include "app/live_view.hpp"

#include "app/wire_json.hpp"
#include "core/archive.hpp"
#include "perceive/batch_text.hpp"

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

namespace {
// Nobody knows the pace of a device that nobody registered: its own words and wills alone count.
std::string_view unclaimed_connection(perceive::device_view const* view) {
  if (!view || !view->last_seen) return "unknown";
  return view->online == false ? "offline" : "online";
}

web::item_meta meta_of(pipeline::pipeline const& p, core::device_ref const& d, core::time_point now) {
  auto const* known = p.ears().known().devices.by_id(d.unit, d.device);
  web::item_meta m;
  m.device = d.device;
  m.type = known ? known->type : "";
  m.text = known ? known->name.vi : d.device;
  m.state = known ? to_text(connection_of(p, *known, now).is) : unclaimed_connection(p.ears().view(d));
  m.claimed = known != nullptr;
  return m;
}
}  // namespace

void show_device(web::hub& h, pipeline::pipeline const& p, core::device_ref const& d, core::time_point now) {
  h.put(channel::devices, d.text(), d.unit, device_json(p, d, now), meta_of(p, d, now));
}

void touch_device(web::hub& h, pipeline::pipeline const& p, core::device_ref const& d, core::time_point now) {
  h.touch(channel::devices, d.text(), d.unit, meta_of(p, d, now));
}

void show_readings(web::hub& h, core::observation const& o) {
  if (!h.wanted(o.device.unit, o.device.device)) return;
  for (auto const& r : o.readings) {
    json::object one{{"key", o.device.text() + "/" + r.metric}, {"device", o.device.device}, {"metric", r.metric},
                     {"t", core::to_ms(r.t)}, {"v", json_of(r.v)}, {"q", std::string{core::to_text(r.q)}}};
    if (r.t == o.known_at) one["time_from"] = "arrival";
    h.reading(o.device.unit, o.device.device, r.metric, written(one));
  }
}

perceive::presence_state connection_of(pipeline::pipeline const& p, core::device const& d, core::time_point now) {
  auto const* unit = p.unit(d.unit);
  auto is = p.presence_of(d, now);
  // A rule that says it is silent is the commune's own word on the matter; what explains the silence stays.
  if (unit && unit->alerts().offline(d.id) && is.is != perceive::presence::offline && is.why != "gateway" && is.why != "deaf") return {perceive::presence::offline, "silent", {}};
  return is;
}

// Written without a JSON library's tree: while somebody follows a commune's devices this runs for each that has spoken.
std::string device_json(pipeline::pipeline const& p, core::device_ref const& ref, core::time_point now) {
  auto const& known = p.ears().known();
  auto const* d = known.devices.by_id(ref.unit, ref.device);
  auto const* view = p.ears().view(ref);
  std::string out;
  out.reserve(512 + (view ? view->latest.size() * 240 : 0));
  auto const key = [&out](std::string_view name) {
    out += out.empty() ? '{' : ',';
    out += '"';
    out += name;
    out += "\":";
  };
  auto const text = [&](std::string_view name, std::string_view v) {
    key(name);
    out += core::json_quote(v);
  };
  auto const text_or_null = [&](std::string_view name, std::string_view v) {
    key(name);
    out += v.empty() ? "null" : core::json_quote(v);
  };
  auto const number = [&](std::string_view name, std::optional<double> v) {
    key(name);
    out += v ? core::to_json(core::value{*v}) : "null";
  };
  text("unit", ref.unit);
  text("device", ref.device);
  key("claimed");
  out += d ? "true" : "false";
  std::optional<double> expected;
  if (d) {
    text("name", d->name.vi);
    text("name_en", d->name.en.empty() ? d->name.vi : d->name.en);
    text("type", d->type);
    text("zone", d->zone);
    text_or_null("model", d->model);
    text_or_null("parent", d->parent);
    number("lat", d->lat);
    number("lon", d->lon);
    if (d->coverage_m) number("coverage_m", d->coverage_m);
    auto const there = connection_of(p, *d, now);
    text("connection", to_text(there.is));
    text("connection_reason", there.why);
    text_or_null("explained_by", there.by);
    if (auto const e = known.expected_interval(*d)) expected = core::to_seconds(*e);
  } else {
    text("name", ref.device);
    text("type", "unknown");
    text_or_null("zone", "");
    text("connection", unclaimed_connection(view));
    text("connection_reason", !view || !view->last_seen ? "never_heard" : view->online == false ? "told" : "heard");
    text_or_null("explained_by", "");
  }
  key("tags");
  out += '[';
  if (d)
    for (auto const& t : d->tags) {
      if (out.back() != '[') out += ',';
      out += core::json_quote(t);
    }
  out += ']';
  number("expected_interval_s", expected);
  number("stale_after_s", expected ? std::optional{*expected * 2} : std::nullopt);
  text_or_null("last_seen", view && view->last_seen ? core::to_iso(*view->last_seen) : "");
  text_or_null("state", view ? view->state : "");
  key("clock_wrong");
  out += view && view->clock_wrong ? "true" : "false";
  key("missed_records");
  out += std::to_string(view ? view->missed : 0);
  bool const stale = view && p.ears().stale(ref);
  key("latest");
  out += '{';
  if (view)
    for (auto const& [metric, v] : view->latest) {
      if (out.back() != '{') out += ',';
      bool const old_word = stale && metric != "online";  // that it is gone is no stale word
      out += core::json_quote(metric);
      out += ":{\"value\":";
      out += core::to_json(v.v);
      auto const* info = known.metrics.find(metric);
      out += ",\"unit\":";
      out += core::json_quote(info ? info->unit : "");
      out += ",\"time\":\"";
      out += core::to_iso(v.t);
      out += "\",\"known_at\":\"";
      out += core::to_iso(v.known_at);
      out += "\",\"quality\":\"";
      out += old_word && v.q == core::quality::good ? core::to_text(core::quality::suspect) : core::to_text(v.q);
      out += '"';
      if (v.t == v.known_at) out += ",\"time_from\":\"arrival\"";  // it had none of its own that could be used
      if (old_word) out += ",\"quality_reason\":\"stale\"";
      if (info) {
        out += ",\"metric_name\":{\"vi\":";
        out += core::json_quote(info->label.vi);
        out += ",\"en\":";
        out += core::json_quote(info->label.en);
        out += '}';
      }
      out += '}';
    }
  return out + "}}";
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
  for (auto const& d : unit.config().devices) ++devices[std::string{to_text(connection_of(p, d, now).is)}];
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

std::string ledger_text(perceive::ledger const& l, std::uint64_t in_flight, known_losses const* lost) {
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
  json::object out{{"total", std::move(total)}, {"records", tally_json(all.records)}, {"sources", std::move(sources)}};
  if (lost) {
    out["gaps"] = json::object{{"records", lost->gaps}, {"devices", lost->gap_devices}};
    out["broker_dropped"] = lost->broker_dropped ? json::value(*lost->broker_dropped) : json::value(nullptr);
  }
  return written(out);
}

// ---------------------------------------------------------------- rows

namespace {

// One row for the metrics first … last, which share their time.
void add_row(core::observation const& o, std::size_t first, std::size_t last, postgres::layout_ptr layout, postgres::batch& b) {
  auto& row = b.readings.emplace_back(postgres::reading_row{o.device.unit, o.device.device, o.readings[first].t, o.known_at, o.seq, std::move(layout), {}});
  row.values.reserve(last - first);
  for (auto i = first; i < last; ++i) row.values.push_back({o.readings[i].v, o.readings[i].q, o.readings[i].late});
}

}  // namespace

void add_rows(core::observation const& o, postgres::layout_book& layouts, postgres::batch& b) {
  std::vector<std::string_view> metrics;
  for (std::size_t first = 0, last = 0; first < o.readings.size(); first = last) {
    metrics.clear();
    for (last = first; last < o.readings.size() && o.readings[last].t == o.readings[first].t; ++last) metrics.push_back(o.readings[last].metric);
    if (auto layout = layouts.find(metrics)) {
      add_row(o, first, last, std::move(layout), b);
      continue;
    }
    // A metric twice in one message, or one combination too many: a row for each.
    for (auto i = first; i < last; ++i) add_row(o, i, i + 1, layouts.find({o.readings[i].metric}), b);
  }
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
  std::string unit = v.unit;  // of a topic that no source takes, the one that it names
  if (unit.empty() && r.message.topic.starts_with("ioc/")) {  // ioc/v1/{unit}/…, ioc/raw/v1/{unit}/…
    auto const skip = r.message.topic.starts_with("ioc/raw/v1/") ? 11u : 7u;
    if (r.message.topic.size() > skip) unit = r.message.topic.substr(skip, r.message.topic.find('/', skip) - skip);
  }
  if (v.refused.empty()) {
    b.rejected.push_back({r.at, 0, r.message.arrival, r.message.topic, r.message.payload, v.reason, v.source, unit});
    return;
  }
  // A row for each refused record of a batch, with its own text where the batch is an array of records: so it is for native ones.
  auto const texts = r.message.topic.starts_with("ioc/v1/") ? perceive::batch_elements(r.message.payload) : std::vector<std::string_view>{};
  bool const cut = texts.size() == v.records.received();
  // A large message that cannot be cut is not copied a hundred times: only its beginning is kept anyway.
  constexpr std::size_t copied_whole = 8192, kept = 4096;
  auto const text_of = [&](perceive::refused_element const& e) {
    if (cut) return std::string(texts[e.place]);
    bool const whole = &e == &v.refused.front() || r.message.payload.size() <= copied_whole;
    return whole ? r.message.payload : r.message.payload.substr(0, kept);
  };
  auto const of_all = " of " + std::to_string(v.records.received()) + ": ";
  for (auto const& e : v.refused) {
    auto const number = e.place + 1;
    b.rejected.push_back({r.at, static_cast<int>(number), r.message.arrival, r.message.topic, text_of(e),
                          "record " + std::to_string(number) + of_all + e.reason, v.source, unit});
  }
  if (auto const more = v.records.rejected - v.refused.size(); more > 0)
    b.rejected.back().reason += "; and " + std::to_string(more) + " more refused records of this batch, which are counted and not kept";
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

std::string saved_text(pipeline::pipeline const& p, sent_set const& sent, std::size_t expected) {
  core::archive_writer w;
  w.reserve(expected + expected / 16);
  w.block([&] { p.save(w); });
  w(sent);
  return w.take();
}

void restore_saved(pipeline::pipeline& p, sent_set& sent, std::string_view bytes) {
  core::archive_reader r{bytes};
  auto const machine = r.block();
  r(sent);
  p.restore(machine);
}

}  // namespace ioc::app
