#include "adapters/config/write.hpp"

#include <cctype>
#include <cstdio>

namespace ioc::config {

namespace {

// Plain where YAML cannot take it for anything but this text, else in JSON's quotes, which YAML reads alike.
std::string word(std::string const& s) {
  bool plain = !s.empty() && std::isalpha(static_cast<unsigned char>(s[0])) != 0;
  for (char const c : s)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.' && c != '/') plain = false;
  for (auto const* reserved : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
    if (s == reserved) plain = false;
  return plain ? s : core::json_quote(s);
}
std::string number(double v) { return core::to_json(core::value{v}); }
std::string seconds(core::duration d) { return number(core::to_seconds(d)); }

template <class C>
std::string list(C const& items) {
  std::string s = "[";
  for (auto const& i : items) s += (s.size() > 1 ? ", " : "") + word(i);
  return s + "]";
}

std::string localized(core::localized const& l) { return "{vi: " + core::json_quote(l.vi) + ", en: " + core::json_quote(l.en) + "}"; }

std::string value(core::value const& v) {
  auto const* text = std::get_if<std::string>(&v);
  return text ? word(*text) : core::to_json(v);
}

std::string arguments(core::arguments const& args) {
  std::string s = "{";
  for (auto const& [k, v] : args) s += (s.size() > 1 ? ", " : "") + word(k) + ": " + value(v);
  return s + "}";
}

// Lines of one list item: the first begins with "- ".
class item {
 public:
  explicit item(std::string indent) : indent_(std::move(indent)) {}
  void line(std::string const& key, std::string const& text) {
    text_ += indent_ + (text_.empty() ? "- " : "  ") + key + ": " + text + "\n";
  }
  void raw(std::string const& text) { text_ += text; }
  std::string const& text() const { return text_; }

 private:
  std::string indent_, text_;
};

std::string head(pipeline::unit_config const& c, std::string const& heading) { return "# " + heading + "\nunit: " + core::json_quote(c.unit.code) + "\n"; }

void conditions(item& i, alert::rule const& r) {
  using enum alert::rule_type;
  auto const compare = [&] {
    i.line("op", std::string(core::to_text(r.op)));
    i.line("value", number(r.value));
  };
  auto const hold = [&] {
    if (r.hold > core::duration{0}) i.line("hold_s", seconds(r.hold));
  };
  switch (r.type) {
    case threshold: compare(); hold(); break;
    case sum:
    case rate:
      i.line("window_s", seconds(r.window));
      compare();
      break;
    case deviation: {
      std::vector<std::string> peers;
      for (auto const& p : r.peers) peers.push_back(p.device + "/" + p.metric);
      i.line("peers", list(peers));
      compare();
      hold();
      if (!r.sets_quality.empty()) i.line("sets_quality", word(r.sets_quality));
      break;
    }
    case flatline:
      i.line("window_s", seconds(r.window));
      i.line("min_samples", std::to_string(r.min_samples));
      i.line("max_span", number(r.max_span));
      break;
    case stale: i.line("timeout_s", seconds(r.timeout)); break;
    case event:
      i.line("event", word(r.event));
      if (!r.clear_event.empty()) i.line("clear_event", word(r.clear_event));
      break;
    case report_count:
      i.line("category", word(r.category));
      i.line("zone", word(r.zone));
      i.line("min_count", std::to_string(r.min_count));
      i.line("window_s", seconds(r.window));
      break;
    case count_active:
      i.line("of", word(r.of.front()));
      i.line("ge", std::to_string(r.ge));
      if (auto const& q = r.requires_broadcast) i.line("requires", "{scheduled_broadcast: " + word(q->priority) + ", within_s: " + seconds(q->within) + "}");
      break;
    case zone_count:
      i.line("of", list(r.of));
      i.line("ge", std::to_string(r.ge));
      i.line("window_s", seconds(r.window));
      break;
    case correlate:
      i.line("all_of", list(r.all_of));
      i.line("within_s", seconds(r.within));
      if (r.latch) i.line("latch", "true");
      break;
    case coverage: i.line("lt_pct", number(r.lt_pct)); break;
    case command_verify:
      i.line("command", word(r.command));
      compare();
      i.line("within_s", seconds(r.within));
      break;
  }
}

std::string rule_text(alert::rule const& r) {
  item i("  ");
  i.line("id", word(r.id));
  i.line("title", localized(r.title));
  if (!r.label.vi.empty()) i.line("label", localized(r.label));
  if (r.basis) i.line("basis", "{text: " + core::json_quote(r.basis->text) + (r.basis->source.empty() ? "" : ", source: " + core::json_quote(r.basis->source)) + "}");
  i.line("type", std::string(alert::to_text(r.type)));
  if (r.by_device()) i.line("devices", list(r.devices));
  if (!r.metric.empty()) i.line("metric", word(r.metric));
  conditions(i, r);
  i.line("severity", std::string(core::to_text(r.severity)));
  if (auto const& k = r.clear) {
    std::string s = "{op: " + std::string(core::to_text(k->op)) + ", value: " + number(k->value);
    if (k->hold > core::duration{0}) s += ", hold_s: " + seconds(k->hold);
    i.line("clear", s + "}");
  }
  if (!r.quality_gate.empty()) i.line("quality_gate", word(r.quality_gate));
  return i.text();
}

std::string step_text(core::playbook_step const& s) {
  item i("      ");
  using enum core::step_kind;
  i.line("do", s.kind == command ? "command" : s.kind == task ? "task" : "manual");
  if (s.kind == command) {
    i.line("command", word(s.command));
    i.line("targets", s.targets_subject ? "subject" : s.targets_missed ? "missed" : list(s.targets));
    if (!s.args.empty()) i.line("args", arguments(s.args));
    if (s.automatic) i.line("auto", "true");
  }
  if (s.kind == task) i.line("assignee", word(s.assignee));
  if (!s.text.vi.empty()) i.line("text_vi", core::json_quote(s.text.vi));
  if (!s.text.en.empty() && s.text.en != s.text.vi) i.line("text_en", core::json_quote(s.text.en));
  if (s.on_failure) i.line("on_failure", "{assignee: " + word(s.on_failure->assignee) + ", text_vi: " + core::json_quote(s.on_failure->text) + "}");
  return i.text();
}

std::string clock(std::chrono::minutes m) {
  char text[32];
  std::snprintf(text, sizeof text, "'%02d:%02d'", static_cast<int>(m.count() / 60 % 24), static_cast<int>(m.count() % 60));
  return text;
}

}  // namespace

std::string write_rules(pipeline::unit_config const& config, std::string const& heading) {
  std::string s = head(config, heading) + (config.rules.empty() ? "rules: []\n" : "rules:\n");
  for (auto const& r : config.rules) s += rule_text(r);
  return s;
}

std::string write_playbooks(pipeline::unit_config const& config, std::string const& heading) {
  std::string s = head(config, heading) + (config.playbooks.empty() ? "playbooks: []\n" : "playbooks:\n");
  for (auto const& p : config.playbooks) {
    item i("  ");
    i.line("id", word(p.id));
    i.line("title", localized(p.title));
    i.line("for", word(p.rule));
    if (p.on_clear) i.line("when", "clear");
    i.line("approver", p.approver.empty() ? "null" : word(p.approver));
    if (!p.basis.empty()) i.line("basis_vi", core::json_quote(p.basis));
    if (auto const& q = p.needs) {
      if (q->targets_online) i.line("requires", "{targets_online: true}");
      else i.line("requires", "{metric: " + word(q->device + "/" + q->metric) + ", op: " + std::string(core::to_text(q->op)) +
                                  (q->than_device.empty() ? ", value: " + number(q->value) : ", than: " + word(q->than_device + "/" + q->than_metric)) + "}");
    }
    i.raw(p.steps.empty() ? "    steps: []\n" : "    steps:\n");
    for (auto const& step : p.steps) i.raw(step_text(step));
    s += i.text();
  }
  return s;
}

std::string write_policy(pipeline::unit_config const& config, std::string const& heading) {
  auto const& p = config.policy;
  std::string s = head(config, heading) + "policy:\n";
  auto const line = [&s](std::string const& key, std::string const& text) { s += "  " + key + ": " + text + "\n"; };
  std::string limits = "{";
  for (auto const& [severity, limit] : p.ack_limit) limits += (limits.size() > 1 ? ", " : "") + std::string(core::to_text(severity)) + ": " + seconds(limit);
  line("ack_sla_s", limits + "}");
  line("escalate_to", word(p.escalate_to));
  std::vector<std::string> forwarded;
  for (auto const severity : p.forward_to_province) forwarded.emplace_back(core::to_text(severity));
  line("forward_to_province", list(forwarded));
  line("forward_within_s", seconds(p.forward_within));
  line("backlog_within_s", seconds(p.backlog_within));
  line("command_timeout_s", seconds(p.command_timeout));
  line("command_retries", std::to_string(p.command_retries));
  if (p.quiet) line("quiet_hours", "{from: " + clock(p.quiet->from) + ", to: " + clock(p.quiet->to) + "}");
  line("delegated_to_duty_officer", list(p.delegated_to_duty_officer));
  line("auto_commands", list(p.auto_commands));
  if (!p.interlocks.empty()) {
    s += "  interlocks:\n";
    for (auto const& k : p.interlocks) s += "    - {command: " + word(k.command) + ", forbid_while: {device: " + word(k.device) + ", state: " + word(k.state) + "}}\n";
  }
  if (p.dependency_suppression) line("dependency_suppression", "true");
  if (p.bad_quality_cap) line("bad_quality_cap", std::string(core::to_text(*p.bad_quality_cap)));
  return s;
}

}  // namespace ioc::config
