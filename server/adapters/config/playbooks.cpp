#include "adapters/config/playbooks.hpp"

namespace ioc::config {

namespace {

struct series_name {
  std::string device, metric;
};

series_name series(map_reader& m, std::string const& key, name_scope const& scope) {
  auto const text = m.text(key);
  auto const slash = text.find('/');
  if (text.empty()) return {};
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    m.fail(key, "\"" + text + "\" is no series", "write device/metric, such as WL-01/level");
    return {};
  }
  series_name s{text.substr(0, slash), text.substr(slash + 1)};
  scope.check_device(s.device, m.line_of(key), m.place(key), m.context());
  s.metric = scope.metric(s.metric, m.line_of(key), m.place(key), m.context());
  return s;
}

advise::requirement read_requirement(node const& n, std::string const& path, file_context const& c, name_scope const& scope) {
  map_reader m(n, path, c);
  advise::requirement q;
  if (m.has("targets_online")) {
    q.targets_online = m.flag("targets_online", false);
    if (!q.targets_online) m.fail("targets_online", "can only be true", "remove `requires` if the targets may be offline");
  } else {
    auto const left = series(m, "metric", scope);
    q.device = left.device;
    q.metric = left.metric;
    q.op = m.op("op");
    if (m.has("than")) {
      auto const right = series(m, "than", scope);
      q.than_device = right.device;
      q.than_metric = right.metric;
    } else {
      q.value = m.number("value");
    }
  }
  m.finish();
  return q;
}

void read_targets(map_reader& m, core::playbook_step& step) {
  auto const* n = m.child("targets");
  if (!n) return;
  if (n->is_list()) {
    step.targets = m.texts("targets");
    return;
  }
  step.targets_subject = n->is_scalar() && n->scalar == "subject";
  step.targets_missed = n->is_scalar() && n->scalar == "missed";
  if (!step.targets_subject && !step.targets_missed) m.fail("targets", "is neither a list nor `subject` nor `missed`", "write [LS-01, LS-02], subject or missed");
}

core::playbook_step read_step(node const& n, std::string const& path, file_context const& c, bool live) {
  map_reader m(n, path, c);
  core::playbook_step step;
  if (!m.usable()) return step;
  m.for_people({"note"});
  auto const kind = m.choice("do", {"command", "task", "manual"});
  if (live) step.text.en = m.text_opt("text_en").value_or("");
  if (kind == "command") {
    step.kind = core::step_kind::command;
    step.command = m.text("command");
    read_targets(m, step);
    step.args = m.arguments_opt("args");
    step.automatic = m.flag("auto", false);
    step.text.vi = m.text_opt("text_vi").value_or("");
    if (auto const* f = m.child_opt("on_failure")) {
      map_reader k(*f, m.place("on_failure"), c);
      step.on_failure = core::failure_task{k.text("assignee"), k.text("text_vi")};
      k.finish();
    }
  } else if (kind == "task") {
    step.kind = core::step_kind::task;
    step.assignee = m.text("assignee");
    step.text.vi = m.text("text_vi");
  } else if (kind == "manual") {
    step.kind = core::step_kind::manual;
    step.text.vi = m.text("text_vi");
  } else {
    return step;  // already a fault; which other keys belong cannot be said
  }
  if (step.text.en.empty()) step.text.en = step.text.vi;
  m.finish();
  return step;
}

}  // namespace

std::vector<advise::playbook> read_playbooks(node const& list, std::string const& path, file_context const& c, name_scope& scope, id_register& ids, bool live) {
  std::vector<advise::playbook> out;
  if (!list.is_list()) {
    c.fail(list.line, path, std::string("a list of playbooks is expected, this is ") + list.kind_name(), "begin each playbook with `- id:`");
    return out;
  }
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    map_reader m(list.items[i], path + "[" + std::to_string(i) + "]", c);
    if (!m.usable()) continue;
    advise::playbook p;
    p.id = m.text("id");
    if (ids.add(p.id, m.line_of("id"), m.place("id"), c)) scope.playbooks.push_back(p.id);
    p.rule = m.text("for");
    scope.check_rule(p.rule, m.line_of("for"), m.place("for"), c);
    if (auto const when = m.text_opt("when")) {
      if (*when != "raise" && *when != "clear") m.fail("when", "\"" + *when + "\" is not known", "write raise or clear");
      p.on_clear = *when == "clear";
    }
    p.approver = m.text_or_null("approver").value_or("");
    p.basis = m.text_opt("basis_vi").value_or("");
    m.for_people({"note"});
    if (live) p.title = m.localized_opt("title");
    if (p.title.vi.empty()) p.title = {p.id, p.id};
    if (auto const* q = m.child_opt("requires")) p.needs = read_requirement(*q, m.place("requires"), c, scope);
    m.each("steps", true, [&](node const& n, std::string const& at) { p.steps.push_back(read_step(n, at, c, live)); });
    m.finish();
    out.push_back(std::move(p));
  }
  return out;
}

}  // namespace ioc::config
