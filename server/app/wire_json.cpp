#include "app/wire_json.hpp"

#include "app/registry/device_text.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ioc::app {

namespace json = boost::json;
using pipeline::unit_machine;

namespace {

json::value when(std::optional<core::time_point> t) { return t ? json::value(core::to_iso(*t)) : json::value(nullptr); }
json::value text_or_null(std::string const& s) { return s.empty() ? json::value(nullptr) : json::value(s); }
json::value number_or_null(std::optional<double> v) { return v ? json::value(*v) : json::value(nullptr); }
json::value id_or_null(std::optional<core::uuid> const& id) { return id ? json::value(id->text()) : json::value(nullptr); }

core::device const* device_of(unit_machine const& unit, std::string const& id) {
  auto const& all = unit.config().devices;
  auto const d = std::find_if(all.begin(), all.end(), [&](auto const& x) { return x.id == id; });
  return d == all.end() ? nullptr : &*d;
}

std::string name_of(unit_machine const& unit, std::string const& target) {
  auto const* d = device_of(unit, target);
  return d && !d->name.vi.empty() ? d->name.vi : target;
}

json::object rule_summary(alert::rule const& r) {
  json::object o{{"id", r.id}, {"type", std::string{alert::to_text(r.type)}}, {"severity", std::string{core::to_text(r.severity)}}};
  if (!r.metric.empty()) {
    o["metric"] = r.metric;
    o["op"] = std::string{core::to_text(r.op)};
    o["value"] = r.value;
  }
  o["hold_s"] = core::to_seconds(r.hold);
  o["window_s"] = core::to_seconds(r.window);
  return o;
}

json::object evidence_json(core::alert const& a, unit_machine const& unit) {
  json::array readings;
  for (auto const& r : a.evidence.readings)
    readings.push_back(json::object{{"device", r.device}, {"metric", r.metric}, {"value", r.v}, {"unit", r.unit_of_measure},
                                    {"time", core::to_iso(r.t)}, {"quality", std::string{core::to_text(r.q)}}});
  json::array devices, members;
  for (auto const& d : a.evidence.devices) devices.emplace_back(d);
  for (auto const& m : a.evidence.members) members.emplace_back(m.text());
  json::object e{{"readings", std::move(readings)}, {"devices", std::move(devices)}, {"members", std::move(members)}, {"excluded", json::array{}}};
  if (auto const* r = unit.alerts().find_rule(a.rule)) e["rule"] = rule_summary(*r);
  return e;
}

json::value basis_json(std::optional<core::legal_basis> const& b) {
  if (!b) return nullptr;
  return json::object{{"text", b->text}, {"source", b->source}};
}

}  // namespace

namespace {

void write(json::value const& v, std::string& out) {
  switch (v.kind()) {
    case json::kind::double_: out += core::to_json(core::value{v.get_double()}); break;
    case json::kind::string: out += core::json_quote({v.get_string().data(), v.get_string().size()}); break;
    case json::kind::array: {
      out += '[';
      for (auto const& x : v.get_array()) {
        if (out.back() != '[') out += ',';
        write(x, out);
      }
      out += ']';
      break;
    }
    case json::kind::object: {
      out += '{';
      for (auto const& [key, x] : v.get_object()) {
        if (out.back() != '{') out += ',';
        out += core::json_quote({key.data(), key.size()}) + ':';
        write(x, out);
      }
      out += '}';
      break;
    }
    default: out += json::serialize(v);  // null, booleans, integers
  }
}

}  // namespace

std::string written(json::value const& v) {
  std::string out;
  write(v, out);
  return out;
}

json::object json_of(core::arguments const& args) {
  json::object out;
  for (auto const& [name, v] : args) out[name] = json_of(v);
  return out;
}

json::value json_of(core::value const& v) {
  struct visitor {
    json::value operator()(std::monostate) const { return nullptr; }
    json::value operator()(bool b) const { return b; }
    json::value operator()(double d) const { return d; }
    json::value operator()(std::string const& s) const { return json::value(s); }
  };
  return std::visit(visitor{}, v);
}

json::object json_of(core::localized const& l) { return {{"vi", l.vi}, {"en", l.en.empty() ? l.vi : l.en}}; }

std::string to_wire(core::alert const& a, unit_machine const& unit, bool unsaved) {
  json::array comments;
  for (auto const& c : a.comments) comments.push_back(json::object{{"at", core::to_iso(c.at)}, {"by", c.by}, {"text", c.text}});
  json::object o{
      {"id", a.id.text()},
      {"version", a.version},
      {"rule", a.rule},
      {"title", json_of(a.title)},
      {"unit", a.unit},
      {"zone", a.zone},
      {"device", text_or_null(a.device)},
      {"subject", a.subject},
      {"subject_kind", std::string{core::to_text(a.kind)}},
      {"metric", text_or_null(a.metric)},
      {"severity", std::string{core::to_text(a.severity)}},
      {"state", std::string{core::to_text(a.state)}},
      {"value", number_or_null(a.value)},
      {"threshold", number_or_null(a.threshold)},
      {"unit_of_measure", text_or_null(a.unit_of_measure)},
      {"verified", a.verified},
      {"retrospective", a.retrospective},
      {"raised_at", core::to_iso(a.raised_at)},
      {"known_at", core::to_iso(a.known_at)},
      {"cleared_at", when(a.cleared_at)},
      {"acked_at", when(a.acked_at)},
      {"acked_by", text_or_null(a.acked_by)},
      {"assigned_to", text_or_null(a.assigned_to)},
      {"ack_due", a.acked() || !a.active() ? json::value(nullptr) : when(a.ack_due)},
      {"escalated_at", when(a.escalated_at)},
      {"escalated_to", text_or_null(a.escalated_to)},
      {"occurrences", a.occurrences},
      {"close_reason", text_or_null(a.close_reason)},
      {"shelved", nullptr},
      {"suppressed", nullptr},
      {"out_of_service", nullptr},
      {"incident", nullptr},
      {"evidence", evidence_json(a, unit)},
      {"basis", basis_json(a.basis)},
      {"comments", std::move(comments)},
  };
  if (auto const* r = unit.alerts().find_rule(a.rule); r && !r->label.vi.empty()) o["label"] = json_of(r->label);
  if (unsaved) o["unsaved"] = true;
  return written(o);
}

std::string to_wire(core::action const& a, unit_machine const& unit) {
  json::array targets;
  for (auto const& t : a.targets)
    targets.push_back(json::object{{"target", t.target},
                                   {"name", name_of(unit, t.target)},
                                   {"state", std::string{core::to_text(t.state)}},
                                   {"reason", text_or_null(t.reason)},
                                   {"attempts", t.attempts},
                                   {"sent_at", when(t.sent_at)},
                                   {"replied_at", when(t.replied_at)},
                                   {"deadline", when(t.deadline)},
                                   {"final_at", when(t.final_at)},
                                   {"detail", text_or_null(t.detail)},
                                   {"proven", false}});
  return written(json::object{{"id", a.id.text()},
                                      {"version", a.version},
                                      {"unit", a.unit},
                                      {"alert", id_or_null(a.alert)},
                                      {"recommendation", id_or_null(a.recommendation)},
                                      {"playbook", text_or_null(a.playbook)},
                                      {"step", a.step},
                                      {"command", a.command},
                                      {"args", json_of(a.args)},
                                      {"text", text_or_null(a.text)},
                                      {"drill", a.drill},
                                      {"source", std::string{core::to_text(a.source)}},
                                      {"state", a.state()},
                                      {"approver", text_or_null(a.approver)},
                                      {"proposed_at", when(a.proposed_at)},
                                      {"proposed_by", text_or_null(a.proposed_by)},
                                      {"approved_at", when(a.approved_at)},
                                      {"approved_by", text_or_null(a.approved_by)},
                                      {"rejected_by", text_or_null(a.rejected_by)},
                                      {"reason", text_or_null(a.reason)},
                                      {"final_at", when(a.final_at)},
                                      {"targets", std::move(targets)}});
}

std::string to_wire(core::task const& t) {
  return written(json::object{{"id", t.id.text()},
                                      {"unit", t.unit},
                                      {"alert", id_or_null(t.alert)},
                                      {"recommendation", id_or_null(t.recommendation)},
                                      {"action", id_or_null(t.action)},
                                      {"target", text_or_null(t.target)},
                                      {"assignee", t.assignee},
                                      {"text", t.text},
                                      {"created_at", core::to_iso(t.created_at)},
                                      {"state", t.done ? "done" : "open"}});
}

std::string to_wire(core::recommendation const& r) {
  json::array actions;
  for (auto const& id : r.actions) actions.emplace_back(id.text());
  return written(json::object{{"id", r.id.text()},
                                      {"version", r.version},
                                      {"unit", r.unit},
                                      {"alert", r.alert.text()},
                                      {"playbook", r.playbook},
                                      {"title", json_of(r.title)},
                                      {"state", std::string{core::to_text(r.state)}},
                                      {"approver", text_or_null(r.approver)},
                                      {"delegated", r.delegated},
                                      {"recommended_at", when(r.recommended_at)},
                                      {"ended_at", when(r.ended_at)},
                                      {"ended_by", text_or_null(r.ended_by)},
                                      {"actions", std::move(actions)}});
}

std::string rules_json(pipeline::unit_config const& c) {
  json::array items;
  for (auto const& r : c.rules) {
    auto o = rule_summary(r);
    o["unit"] = c.unit.code;
    o["title"] = json_of(r.title);
    if (!r.label.vi.empty()) o["label"] = json_of(r.label);
    json::array devices;
    for (auto const& d : r.devices) devices.emplace_back(d);
    o["devices"] = std::move(devices);
    if (r.clear) o["clear"] = json::object{{"op", std::string{core::to_text(r.clear->op)}}, {"value", r.clear->value}, {"hold_s", core::to_seconds(r.clear->hold)}};
    else o["clear"] = nullptr;
    o["basis"] = basis_json(r.basis);
    items.push_back(std::move(o));
  }
  return written(json::object{{"items", std::move(items)}, {"next", nullptr}});
}

namespace {

json::object step_json(core::playbook_step const& s, std::size_t n, core::recommendation const& r, unit_machine const& unit, core::time_point now) {
  constexpr char const* kinds[] = {"command", "task", "manual"};
  json::object o{{"n", n + 1}, {"do", kinds[static_cast<std::size_t>(s.kind)]}, {"text", json_of(s.text)}};
  if (s.kind == core::step_kind::task) {
    o["assignee"] = s.assignee;
    o["task"] = nullptr;
  }
  if (s.kind != core::step_kind::command) return o;
  o["command"] = s.command;
  o["args"] = json_of(s.args);
  o["auto"] = s.automatic;
  o["dangerous"] = s.command.starts_with("siren.") || s.command.starts_with("gate.") || s.command == "speaker.broadcast_emergency";
  o["action"] = nullptr;
  auto targets = s.targets_subject ? std::vector{r.subject} : s.targets;
  for (auto const& id : r.actions)
    if (auto const* a = unit.acts().find(id); a && a->step == static_cast<int>(n) + 1) {
      o["action"] = id.text();
      o["state"] = a->state();
      targets.clear();
      for (auto const& t : a->targets) targets.push_back(t.target);
    }
  json::array list;
  for (auto const& t : targets) {
    auto const why = unit.obstacle(s.command, t, now);
    json::object target{{"target", t}, {"name", name_of(unit, t)}, {"ready", why.empty()}};
    if (!why.empty()) target["why"] = why;
    list.push_back(std::move(target));
  }
  o["targets"] = std::move(list);
  return o;
}

json::value why_not(core::recommendation const& r, bool may) {
  if (may) return nullptr;
  if (r.state != core::recommendation_state::open) return json::object{{"vi", "Khuyến nghị không còn chờ phê duyệt"}, {"en", "The recommendation is no longer open"}};
  if (r.approver.empty()) return json::object{{"vi", "Không có lệnh nào cần phê duyệt"}, {"en", "Nothing here needs an approval"}};
  if (r.approver == "commune_leader") return json::object{{"vi", "Ngoài phạm vi ủy quyền, cần lãnh đạo xã"}, {"en", "Outside the delegation, needs the commune leader"}};
  return json::object{{"vi", "Cần vai trò " + r.approver}, {"en", "Needs the role " + r.approver}};
}

}  // namespace

std::string advice_json(core::alert const& a, unit_machine const& unit, std::string const& role, core::time_point now) {
  json::array evidence;
  for (auto const& r : a.evidence.readings)
    evidence.push_back(json::object{{"device", r.device}, {"metric", r.metric}, {"value", r.v}, {"unit", r.unit_of_measure}, {"time", core::to_iso(r.t)},
                                    {"age_s", std::max(0.0, core::to_seconds(now - r.t))}, {"quality", std::string{core::to_text(r.q)}}, {"used", true}});
  json::array recommendations;
  for (auto const* r : unit.advice().of_alert(a.id)) {
    json::array steps;
    for (std::size_t i = 0; i < r->steps.size(); ++i) steps.push_back(step_json(r->steps[i], i, *r, unit, now));
    bool const may = unit.may_approve(r->id, role);
    auto const state = r->state == core::recommendation_state::rejected ? std::string{"ended"} : std::string{core::to_text(r->state)};
    recommendations.push_back(json::object{{"id", r->id.text()},
                                           {"playbook", r->playbook},
                                           {"title", json_of(r->title)},
                                           {"state", state},
                                           {"approver", text_or_null(r->approver)},
                                           {"delegated", r->delegated},
                                           {"may_approve", may},
                                           {"why_not", why_not(*r, may)},
                                           {"recommended_at", when(r->recommended_at)},
                                           {"ended_at", when(r->ended_at)},
                                           {"basis", text_or_null(r->basis)},
                                           {"steps", std::move(steps)}});
  }
  return written(json::object{{"alert", a.id.text()},
                                      {"evidence", std::move(evidence)},
                                      {"next_threshold", nullptr},
                                      {"similar", json::array{}},
                                      {"on_duty", json::array{}},
                                      {"basis", basis_json(a.basis)},
                                      {"recommendations", std::move(recommendations)}});
}

std::string to_wire(core::command_send const& s) {
  return written(json::object{{"id", s.id.text()}, {"name", s.command}, {"args", json_of(s.args)}, {"issued", core::to_ms(s.issued)},
                                      {"expires", core::to_ms(s.expires)}, {"drill", s.drill}});
}

// ---------------------------------------------------------------- operations in the journal

namespace {
constexpr std::string_view operation_names[] = {"ack", "close", "comment", "approve_recommendation", "reject_recommendation",
                                                "approve_action", "reject_action", "propose_action", "change_registry"};

std::string text_of(json::object const& o, std::string_view key) {
  auto const* v = o.if_contains(key);
  return v && v->is_string() ? std::string{v->as_string()} : std::string{};
}
}  // namespace

std::optional<core::arguments> arguments_from(json::object const& o) {
  core::arguments out;
  for (auto const& [key, v] : o) {
    if (v.is_string()) out[std::string{key}] = std::string{v.as_string()};
    else if (v.is_bool()) out[std::string{key}] = v.as_bool();
    else if (v.is_number()) out[std::string{key}] = v.to_number<double>();
    else if (v.is_null()) out[std::string{key}] = std::monostate{};
    else return std::nullopt;
  }
  return out;
}

std::string to_record(pipeline::operation const& op) {
  if (op.kind == pipeline::operation_kind::change_registry) {
    json::array changes;
    for (auto const& c : op.changes) changes.push_back(to_json(c));
    return written(json::object{{"kind", operation_names[static_cast<std::size_t>(op.kind)]}, {"id", op.id.text()}, {"unit", op.unit}, {"by", op.by},
                                {"role", op.role}, {"text", op.text}, {"all_or_nothing", op.all_or_nothing}, {"changes", std::move(changes)}});
  }
  json::array targets;
  for (auto const& t : op.targets) targets.emplace_back(t);
  return written(json::object{{"kind", operation_names[static_cast<std::size_t>(op.kind)]}, {"id", op.id.text()}, {"unit", op.unit}, {"by", op.by},
                                      {"role", op.role}, {"text", op.text}, {"alert", op.alert}, {"command", op.command},
                                      {"targets", std::move(targets)}, {"args", json_of(op.args)}, {"drill", op.drill}});
}

std::optional<pipeline::operation> operation_from(std::string_view text) {
  boost::system::error_code e;
  auto const v = json::parse(text, e);
  if (e || !v.is_object()) return std::nullopt;
  auto const& o = v.get_object();
  auto const kind = std::find(std::begin(operation_names), std::end(operation_names), text_of(o, "kind"));
  auto const id = core::uuid::parse(text_of(o, "id"));
  if (kind == std::end(operation_names) || !id) return std::nullopt;
  pipeline::operation op;
  op.kind = static_cast<pipeline::operation_kind>(kind - std::begin(operation_names));
  op.id = *id;
  op.unit = text_of(o, "unit");
  op.by = text_of(o, "by");
  op.role = text_of(o, "role");
  op.text = text_of(o, "text");
  if (auto const* all = o.if_contains("all_or_nothing"); all && all->is_bool()) op.all_or_nothing = all->get_bool();
  if (auto const* list = o.if_contains("changes"); list && list->is_array())
    for (auto const& c : list->get_array()) {
      auto change = change_from(c);
      if (!change) return std::nullopt;
      op.changes.push_back(std::move(*change));
    }
  op.alert = text_of(o, "alert");
  op.command = text_of(o, "command");
  if (auto const* list = o.if_contains("targets"); list && list->is_array())
    for (auto const& t : list->get_array())
      if (t.is_string()) op.targets.emplace_back(t.get_string());
  if (auto const* args = o.if_contains("args"); args && args->is_object()) op.args = arguments_from(args->get_object()).value_or(core::arguments{});
  if (auto const* drill = o.if_contains("drill"); drill && drill->is_bool()) op.drill = drill->get_bool();
  return op;
}

}  // namespace ioc::app
