#include "app/ctl/report.hpp"

#include "app/ctl/json_text.hpp"

namespace ioc::ctl {

namespace {

std::string of(played::alert const& a) {
  return json::object({{"id", json::text(a.id)}, {"rule", json::text(a.rule)}, {"device", json::text(a.subject)}, {"severity", json::text(core::to_text(a.severity))},
                       {"raise_t", json::seconds(a.raise)}, {"clear_t", json::seconds(a.clear)}, {"escalate_t", json::seconds(a.escalate)},
                       {"forward_t", json::seconds(a.forward)},
                       {"verified", json::boolean(a.verified)}, {"evidence", json::texts(a.evidence)}});
}

std::string of(played::suppression const& s) {
  return json::object({{"rule", json::text(s.rule)}, {"device", json::text(s.device)}, {"at_t", json::seconds(s.at)}, {"by", json::text_or_null(s.by)}});
}

std::string of(played::recommendation const& r) {
  return json::object({{"id", json::text(r.id)}, {"for", json::text(r.alert)}, {"playbook", json::text(r.playbook)},
                       {"approver", json::text_or_null(r.approver)}, {"t", json::seconds(r.t)}});
}

std::string of(played::command const& c) {
  std::vector<std::string> targets;
  std::vector<std::pair<std::string, std::string>> results, attempts;
  for (auto const& t : c.targets) {
    targets.push_back(t.name);
    results.emplace_back(t.name, json::text_or_null(t.result));
    attempts.emplace_back(t.name, std::to_string(t.attempts));
  }
  return json::object({{"id", json::text(c.id)}, {"rec", json::text_or_null(c.rec)}, {"command", json::text(c.name)}, {"targets", json::texts(targets)},
                       {"args", core::to_json(c.args)},
                       {"source", json::text(c.source)}, {"t", json::seconds(c.t)}, {"result", json::object(results)}, {"attempts", json::object(attempts)},
                       {"final_t", json::seconds(c.final_at())}});
}

std::string of(played::task const& t) {
  return json::object({{"id", json::text(t.id)}, {"rec", json::text_or_null(t.rec)}, {"assignee", json::text(t.assignee)}, {"text_vi", json::text(t.text)},
                       {"t", json::seconds(t.t)}});
}

std::string of(played::refusal const& r) {
  return json::object({{"t", json::seconds(r.t)}, {"role", json::text(r.role)}, {"action", json::text(r.action)}, {"ref", json::text(r.ref)}});
}

std::string of(played::forward const& f) { return json::object({{"alert", json::text(f.alert)}, {"forward_t", json::seconds(f.t)}}); }

template <class C>
std::string list(C const& items) {
  std::vector<std::string> texts;
  for (auto const& i : items) texts.push_back(of(i));
  return json::array(texts);
}

std::string final_state(played const& g) {
  std::vector<std::pair<std::string, std::string>> coverage;
  for (auto const& [b, c] : g.coverage_pct) coverage.emplace_back(b, json::object({{"first_pass", json::number(c.first_pass)}, {"final", json::number(c.last)}}));
  return json::object({{"active", json::texts(g.active_at_end())}, {"province_alert_count", std::to_string(g.forwards.size())},
                       {"incident_count", g.incident_count ? std::to_string(*g.incident_count) : "null"}, {"coverage_pct", json::object(coverage)}});
}

}  // namespace

std::string report(config::scenario const& story, played const& g, std::vector<std::string> const& differences) {
  return json::object({{"scenario", json::text(story.id)}, {"passed", json::boolean(differences.empty())}, {"alerts", list(g.alerts)}, {"suppressed", list(g.suppressed)},
                       {"recommendations", list(g.recommendations)}, {"commands", list(g.commands)}, {"tasks", list(g.tasks)}, {"refused", list(g.refused)},
                       {"forwards", list(g.forwards)}, {"final", final_state(g)}, {"differences", json::texts(differences)}});
}

}  // namespace ioc::ctl
