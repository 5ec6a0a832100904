#include "adapters/config/timeline.hpp"

#include <array>

namespace ioc::config {

namespace {
constexpr std::array<std::string_view, 5> action_names{"ack", "resolve", "note", "approve", "calibrate"};
std::vector<std::string> const kinds{"series", "telemetry", "heartbeat", "event", "bulletin", "citizen_report", "link", "schedule", "operator", "device_reply"};

std::string device(map_reader& m, name_scope const& scope) {
  auto id = m.text("device");
  scope.check_device(id, m.line_of("device"), m.place("device"), m.context());
  return id;
}

std::string metric(map_reader& m, name_scope const& scope) { return scope.metric(m.text("metric"), m.line_of("metric"), m.place("metric"), m.context()); }

entry::series read_series(map_reader& m, name_scope const& scope) {
  entry::series s;
  s.device = device(m, scope);
  s.metric = metric(m, scope);
  s.start = m.seconds("start");
  s.step = m.seconds("step", true);
  m.each("values", true, [&](node const& n, std::string const& at) {
    if (auto const v = n.quoted ? std::nullopt : decimal(n.scalar)) s.values.push_back(*v);
    else m.context().fail(n.line, at, "a number is expected, this is \"" + n.scalar + "\"", "write a decimal number with a point");
  });
  return s;
}

entry::schedule read_schedule(map_reader& m) {
  entry::schedule s;
  s.t = m.seconds("t");
  s.id = m.text("id");
  s.at = m.seconds("at_t");
  s.command = m.text("command");
  s.targets = m.texts("targets");
  s.priority = m.text("priority");
  s.approved_by = m.text("approved_by");
  s.text = m.text("text_vi");
  return s;
}

entry::operator_input read_operator(map_reader& m, name_scope const& scope) {
  entry::operator_input o;
  o.t = m.seconds("t");
  o.role = m.text("role");
  auto const action = m.choice("action", {action_names.begin(), action_names.end()});
  for (std::size_t i = 0; i < action_names.size(); ++i)
    if (action_names[i] == action) o.action = static_cast<entry::operator_action>(i);
  o.ref = m.text("ref");
  if (o.action == entry::operator_action::calibrate) scope.check_device(o.ref, m.line_of("ref"), m.place("ref"), m.context());
  o.text = m.text_opt("text_vi").value_or("");
  return o;
}

entry::device_reply read_reply(map_reader& m, name_scope const& scope) {
  entry::device_reply r;
  r.command = m.text("command");
  r.target = m.text("target");
  auto const result = m.choice("result", {"ok", "error", "none"});
  r.result = result == "ok" ? entry::reply_result::ok : result == "error" ? entry::reply_result::error : entry::reply_result::none;
  // Silence has no moment; everything else must come after the sending.
  r.after = result == "none" ? m.seconds_opt("after_s").value_or(core::duration{0}) : m.seconds("after_s", true);
  r.reason = m.text_opt("reason").value_or("");
  if (auto const* n = m.child_opt("effect")) {
    map_reader e(*n, m.place("effect"), m.context());
    entry::reply_effect f;
    f.metric = metric(e, scope);
    f.ramp_to = e.number("ramp_to");
    f.over = e.seconds("over_s", true);
    e.finish();
    r.effect = f;
    if (!scope.has_device(r.target)) m.fail("effect", "the target \"" + r.target + "\" is no device and has no metric", "define the device or remove `effect`");
  }
  return r;
}

std::optional<timeline_entry> read_entry(map_reader& m, name_scope const& scope, id_register& plans, id_register& reports, id_register& replies) {
  auto const kind = m.choice("kind", kinds);
  m.for_people({"note"});
  if (kind == "series") return read_series(m, scope);
  if (kind == "telemetry") {
    entry::telemetry e;
    e.t = m.seconds("t");
    e.device = device(m, scope);
    e.metric = metric(m, scope);
    e.value = m.number("value");
    return e;
  }
  if (kind == "heartbeat") {
    entry::heartbeat e;
    e.device = device(m, scope);
    e.from = m.seconds("from");
    e.to = m.seconds("to");
    e.step = m.seconds("step", true);
    if (e.to < e.from) m.fail("to", "lies before `from`", "write a later second");
    return e;
  }
  if (kind == "event") {
    entry::event e;
    e.t = m.seconds("t");
    e.device = device(m, scope);
    e.name = m.text("event");
    return e;
  }
  if (kind == "bulletin") {
    entry::bulletin e;
    e.t = m.seconds("t");
    e.source = m.text("source");
    e.hazard = m.text("hazard");
    e.level = m.text("level");
    e.text = m.text("text_vi");
    return e;
  }
  if (kind == "citizen_report") {
    entry::citizen_report e;
    e.t = m.seconds("t");
    e.id = m.text("id");
    reports.add(e.id, m.line_of("id"), m.place("id"), m.context());
    e.category = m.text("category");
    e.zone = m.text("zone");
    e.text = m.text("text_vi");
    return e;
  }
  if (kind == "link") {
    entry::link e;
    e.t = m.seconds("t");
    e.name = m.text("name");
    m.child("up");
    e.up = m.flag("up", true);
    return e;
  }
  if (kind == "schedule") {
    auto e = read_schedule(m);
    plans.add(e.id, m.line_of("id"), m.place("id"), m.context());
    return e;
  }
  if (kind == "operator") return read_operator(m, scope);
  if (kind == "device_reply") {
    auto e = read_reply(m, scope);
    replies.add(e.command + " to " + e.target, m.line(), m.path(), m.context());
    return e;
  }
  return std::nullopt;
}
}  // namespace

std::string_view to_text(entry::operator_action a) { return action_names[static_cast<std::size_t>(a)]; }

std::vector<timeline_entry> read_timeline(node const& list, std::string const& path, file_context const& c, name_scope const& scope) {
  std::vector<timeline_entry> out;
  if (!list.is_list()) {
    c.fail(list.line, path, std::string("a list of entries is expected, this is ") + list.kind_name(), "begin each entry with `- `");
    return out;
  }
  id_register plans("broadcast"), reports("report"), replies("the reply of");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    map_reader m(list.items[i], path + "[" + std::to_string(i) + "]", c);
    if (!m.usable()) continue;
    auto e = read_entry(m, scope, plans, reports, replies);
    if (!e) continue;
    m.finish();
    out.push_back(std::move(*e));
  }
  return out;
}

}  // namespace ioc::config
