#include "adapters/config/policy.hpp"

namespace ioc::config {

std::optional<std::chrono::minutes> time_of_day(std::string_view t) {
  auto const digit = [&](std::size_t i) { return t[i] >= '0' && t[i] <= '9'; };
  if (t.size() != 5 || t[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  int const h = (t[0] - '0') * 10 + (t[1] - '0'), m = (t[3] - '0') * 10 + (t[4] - '0');
  if (h > 23 || m > 59) return std::nullopt;
  return std::chrono::minutes{h * 60 + m};
}

namespace {

void read_limits(map_reader& m, core::policy& p, file_context const& c) {
  auto const* n = m.child("ack_sla_s");
  if (!n) return;
  map_reader k(*n, m.place("ack_sla_s"), c);
  for (auto const s : {core::severity::info, core::severity::notice, core::severity::warning, core::severity::danger, core::severity::emergency})
    if (auto const limit = k.seconds_opt(std::string(core::to_text(s)), true)) p.ack_limit[s] = *limit;
  k.finish();
}

void read_quiet(map_reader& m, core::policy& p, file_context const& c) {
  auto const* n = m.child("quiet_hours");
  if (!n) return;
  map_reader k(*n, m.place("quiet_hours"), c);
  core::quiet_hours q;
  for (auto const& [key, slot] : {std::pair{"from", &q.from}, std::pair{"to", &q.to}}) {
    auto const text = k.text(key);
    if (auto const at = time_of_day(text)) *slot = *at;
    else if (!text.empty()) k.fail(key, "\"" + text + "\" is no time of day", "write hours and minutes in quotes, such as '21:00'");
  }
  k.finish();
  p.quiet = q;
}

}  // namespace

core::policy read_policy(node const& n, std::string const& path, file_context const& c, name_scope const& scope) {
  map_reader m(n, path, c);
  core::policy p;
  if (!m.usable()) return p;
  m.for_people({"note"});
  read_limits(m, p, c);
  p.escalate_to = m.text("escalate_to");
  m.each("forward_to_province", true, [&](node const& s, std::string const& at) {
    if (auto const sev = core::severity_from(s.scalar)) p.forward_to_province.insert(*sev);
    else c.fail(s.line, at, "\"" + s.scalar + "\" is no severity", suggest(s.scalar, {"info", "notice", "warning", "danger", "emergency"}, "severities"));
  });
  p.forward_within = m.seconds("forward_within_s");
  p.backlog_within = m.seconds("backlog_within_s");
  p.command_timeout = m.seconds("command_timeout_s", true);
  p.command_retries = m.integer("command_retries", 0, 100);
  read_quiet(m, p, c);
  m.each("delegated_to_duty_officer", true, [&](node const& s, std::string const& at) {
    if (scope.check_playbook(s.scalar, s.line, at, c)) p.delegated_to_duty_officer.insert(s.scalar);
  });
  m.child("auto_commands");
  p.auto_commands = m.texts_opt("auto_commands");
  m.each("interlocks", false, [&](node const& s, std::string const& at) {
    map_reader k(s, at, c);
    if (!k.usable()) return;
    k.for_people({"note"});
    core::interlock lock;
    lock.command = k.text("command");
    if (auto const* f = k.child("forbid_while")) {
      map_reader w(*f, k.place("forbid_while"), c);
      lock.device = w.text("device");
      scope.check_device(lock.device, w.line_of("device"), w.place("device"), c);
      lock.state = w.text("state");
      w.finish();
    }
    k.finish();
    p.interlocks.push_back(std::move(lock));
  });
  p.dependency_suppression = m.flag("dependency_suppression", false);
  if (m.has("bad_quality_cap")) p.bad_quality_cap = m.severity("bad_quality_cap");
  m.finish();
  return p;
}

}  // namespace ioc::config
