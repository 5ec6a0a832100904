#include "app/ctl/compare.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace ioc::ctl {

std::optional<core::duration> played::command::final_at() const {
  std::optional<core::duration> last;
  for (auto const& one : targets) {
    if (!one.final_at) return std::nullopt;
    last = last ? std::max(*last, *one.final_at) : *one.final_at;
  }
  return last;
}

std::vector<std::string> played::active_at_end() const {
  std::vector<std::string> ids;
  for (auto const& a : alerts)
    if (!a.clear) ids.push_back(a.id);
  return ids;
}

bool fits(std::string_view pattern, std::string_view text) {
  auto const star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  auto const rest = pattern.substr(star + 1);
  for (std::size_t skip = star; skip <= text.size(); ++skip)
    if (fits(rest, text.substr(skip))) return true;
  return false;
}

namespace {

std::string number(double v) { return core::to_json(core::value{v}); }
std::string seconds(core::duration d) { return number(core::to_seconds(d)); }
std::string seconds(std::optional<core::duration> d) { return d ? seconds(*d) : "none"; }
std::string quoted(std::string const& s) { return "\"" + s + "\""; }
std::string joined(std::vector<std::string> const& v) {
  std::string s = "[";
  for (auto const& x : v) s += (s.size() > 1 ? ", " : "") + x;
  return s + "]";
}

// Commands whose target was never sent anything.
bool unsent(std::string const& result) { return result == "offline" || result == "interlocked" || result == "quiet_hours"; }

class comparison {
 public:
  comparison(config::expectations const& e, played const& g) : e_(e), g_(g) {}

  std::vector<std::string> run() {
    by_id("alert", e_.alerts, g_.alerts, [this](auto const& e, auto const& g) { alert(e, g); });
    suppressed();
    by_id("recommendation", e_.recommendations, g_.recommendations, [this](auto const& e, auto const& g) { recommendation(e, g); });
    by_id("command", e_.commands, g_.commands, [this](auto const& e, auto const& g) { command(e, g); });
    by_id("task", e_.tasks, g_.tasks, [this](auto const& e, auto const& g) { task(e, g); });
    refused();
    final_state();
    for (auto const& m : e_.must_not) must_not(m);
    out_.insert(out_.end(), g_.notes.begin(), g_.notes.end());
    return std::move(out_);
  }

 private:
  void differ(std::string const& what) { out_.push_back(what); }
  template <class T>
  void same(std::string const& where, char const* key, T const& expected, T const& got) {
    if (!(expected == got)) differ(where + ": " + key + " is " + quoted(got) + ", expected " + quoted(expected));
  }
  bool near(core::duration a, core::duration b) const { return (a > b ? a - b : b - a) <= e_.tolerance; }
  void exact(std::string const& where, char const* key, std::optional<core::duration> expected, std::optional<core::duration> got) {
    if (expected.has_value() == got.has_value() && (!expected || near(*expected, *got))) return;
    differ(where + ": " + key + " is " + seconds(got) + ", expected " + seconds(expected) + (expected ? " within " + seconds(e_.tolerance) : ""));
  }
  // [not before, by]: the lower end is strict, without tolerance.
  void within(std::string const& where, core::duration from, core::duration by, core::duration got) {
    if (got < from || got > by) differ(where + ": came at " + seconds(got) + ", expected from " + seconds(from) + " to " + seconds(by));
  }

  template <class E, class G, class F>
  void by_id(std::string const& kind, std::vector<E> const& expected, std::vector<G> const& got, F const& each) {
    for (auto const& e : expected) {
      auto const it = std::find_if(got.begin(), got.end(), [&](auto const& g) { return g.id == e.id; });
      if (it == got.end()) differ(kind + " " + e.id + " (" + describe(e) + ") is missing");
      else each(e, *it);
    }
    for (auto const& g : got)
      if (std::none_of(expected.begin(), expected.end(), [&](auto const& e) { return e.id == g.id; })) differ(kind + " " + g.id + " (" + describe(g) + ") is additional");
  }
  static std::string describe(config::expect::alert const& a) { return a.rule + " on " + a.subject + " at " + seconds(a.raise); }
  static std::string describe(played::alert const& a) { return a.rule + " on " + a.subject + " at " + seconds(a.raise); }
  static std::string describe(config::expect::recommendation const& r) { return r.playbook + " for " + r.alert; }
  static std::string describe(played::recommendation const& r) { return r.playbook + " for " + r.alert + " at " + seconds(r.t); }
  static std::string describe(config::expect::command const& c) { return c.name + ", " + c.source; }
  static std::string describe(played::command const& c) { return c.name + ", " + c.source + " at " + seconds(c.t); }
  static std::string describe(config::expect::task const& t) { return t.assignee + ": " + t.text; }
  static std::string describe(played::task const& t) { return t.assignee + ": " + t.text; }

  void alert(config::expect::alert const& e, played::alert const& g) {
    auto const where = "alert " + e.id;
    same(where, "rule", e.rule, g.rule);
    same(where, "device", e.subject, g.subject);
    same(where, "severity", std::string(core::to_text(e.severity)), std::string(core::to_text(g.severity)));
    same(where, "verified", std::string(e.verified ? "true" : "false"), std::string(g.verified ? "true" : "false"));
    exact(where, "raise_t", e.raise, g.raise);
    exact(where, "clear_t", e.clear, g.clear);
    exact(where, "escalate_t", e.escalate, g.escalate);
    if (e.forward_by.has_value() != g.forward.has_value())
      differ(where + (g.forward ? ": reached the province at " + seconds(*g.forward) + ", expected not at all"
                                : ": did not reach the province, expected by " + seconds(*e.forward_by)));
    else if (e.forward_by && *g.forward > *e.forward_by) differ(where + ": reached the province at " + seconds(*g.forward) + ", expected by " + seconds(*e.forward_by));
    auto const times = std::count_if(g_.forwards.begin(), g_.forwards.end(), [&](auto const& f) { return f.alert == e.id; });
    if (times > 1) differ(where + ": reached the province " + std::to_string(times) + " times");
  }

  void suppressed() {
    auto rest = g_.suppressed;
    for (auto const& e : e_.suppressed) {
      auto const it = std::find_if(rest.begin(), rest.end(), [&](auto const& g) { return g.rule == e.rule && g.device == e.device && g.by == e.by && near(g.at, e.at); });
      if (it == rest.end()) differ("suppressed " + e.rule + " on " + e.device + " at " + seconds(e.at) + " by " + e.by + " is missing");
      else rest.erase(it);
    }
    for (auto const& g : rest) differ("suppressed " + g.rule + " on " + g.device + " at " + seconds(g.at) + " by " + g.by + " is additional");
  }

  void recommendation(config::expect::recommendation const& e, played::recommendation const& g) {
    auto const where = "recommendation " + e.id;
    same(where, "for", e.alert, g.alert);
    same(where, "playbook", e.playbook, g.playbook);
    same(where, "approver", e.approver, g.approver);
    within(where, e.not_before, e.by, g.t);
  }

  void command(config::expect::command const& e, played::command const& g) {
    auto const where = "command " + e.id;
    same(where, "rec", e.rec, g.rec);
    same(where, "command", e.name, g.name);
    same(where, "source", e.source, g.source);
    if (e.args != g.args) differ(where + ": args are " + core::to_json(g.args) + ", expected " + core::to_json(e.args));
    within(where, e.not_before, e.issue_by, g.t);
    std::vector<std::string> targets;
    for (auto const& t : g.targets) targets.push_back(t.name);
    if (targets != e.targets) differ(where + ": targets are " + joined(targets) + ", expected " + joined(e.targets));
    for (auto const& t : g.targets) {
      auto const result = e.result.find(t.name);
      if (result == e.result.end()) continue;  // told as a wrong target
      same(where + " to " + t.name, "result", result->second, t.result);
      auto const given = e.attempts.find(t.name);
      // Not given = 1, or 0 without a sending; an interlock that closes between two attempts leaves the first.
      int const usual = unsent(result->second) ? 0 : 1;
      bool const right = given != e.attempts.end() ? t.attempts == given->second : t.attempts == usual || (result->second == "interlocked" && t.attempts == 1);
      if (!right)
        differ(where + " to " + t.name + ": " + std::to_string(t.attempts) + " attempts, expected " +
               std::to_string(given != e.attempts.end() ? given->second : usual));
    }
    if (!e.final_by) return;
    auto const final_at = g.final_at();
    if (!final_at || *final_at > *e.final_by) differ(where + ": final at " + seconds(final_at) + ", expected by " + seconds(*e.final_by));
  }

  void task(config::expect::task const& e, played::task const& g) {
    auto const where = "task " + e.id;
    same(where, "rec", e.rec, g.rec);
    same(where, "assignee", e.assignee, g.assignee);
    same(where, "text_vi", e.text, g.text);
    within(where, e.not_before, e.by, g.t);
  }

  void refused() {
    auto rest = g_.refused;
    for (auto const& e : e_.refused) {
      auto const it = std::find_if(rest.begin(), rest.end(), [&](auto const& g) { return g.role == e.role && g.action == e.action && g.ref == e.ref && near(g.t, e.t); });
      if (it == rest.end()) differ("the refusal of " + e.action + " " + e.ref + " by " + e.role + " at " + seconds(e.t) + " is missing");
      else rest.erase(it);
    }
    for (auto const& g : rest) differ("the refusal of " + g.action + " " + g.ref + " by " + g.role + " at " + seconds(g.t) + " is additional");
  }

  void final_state() {
    auto const& f = e_.final;
    if (f.active) {
      auto const got = g_.active_at_end();
      if (std::set<std::string>(got.begin(), got.end()) != std::set<std::string>(f.active->begin(), f.active->end()))
        differ("final: active alerts are " + joined(got) + ", expected " + joined(*f.active));
    }
    if (f.province_alert_count && static_cast<std::size_t>(*f.province_alert_count) != g_.forwards.size())
      differ("final: " + std::to_string(g_.forwards.size()) + " alerts at the province, expected " + std::to_string(*f.province_alert_count));
    if (f.incident_count && g_.incident_count != f.incident_count)
      differ("final: " + (g_.incident_count ? std::to_string(*g_.incident_count) + " incidents" : std::string("incidents are not kept")) + ", expected " +
          std::to_string(*f.incident_count));
    for (auto const& [broadcast, want] : f.coverage_pct) {
      auto const it = g_.coverage_pct.find(broadcast);
      if (it == g_.coverage_pct.end()) {
        differ("final: coverage of " + broadcast + " was not judged");
        continue;
      }
      coverage(broadcast, "first_pass", want.first_pass, it->second.first_pass);
      coverage(broadcast, "final", want.last, it->second.last);
    }
  }
  void coverage(std::string const& broadcast, char const* key, std::optional<double> want, double got) {
    if (want && std::abs(*want - got) > 1e-6) differ("final: coverage of " + broadcast + ", " + key + " is " + number(got) + ", expected " + number(*want));
  }

  // --- what must not happen ---
  using rule = config::expect::must_not;
  static bool passes(rule const& m, char const* filter, std::string const& text) {
    auto const it = m.filters.find(filter);
    return it == m.filters.end() || std::any_of(it->second.begin(), it->second.end(), [&](auto const& p) { return fits(p, text); });
  }
  static bool in_time(rule const& m, core::duration t) { return (!m.from || t >= *m.from) && (!m.before || t < *m.before); }
  void forbidden(rule const& m, std::string const& what) {
    differ("must not " + std::string(config::to_text(m.check)) + (m.note.empty() ? "" : " (" + m.note + ")") + ": " + what);
  }

  void must_not(rule const& m) {
    using enum config::expect::check_kind;
    switch (m.check) {
      case raise:
        for (auto const& a : g_.alerts)
          if (in_time(m, a.raise) && passes(m, "rule", a.rule) && passes(m, "device", a.subject) && (!m.verified || *m.verified == a.verified))
            forbidden(m, a.id + ", " + describe(a));
        break;
      case send:
        for (auto const& s : g_.sends)
          if (in_time(m, s.t) && passes(m, "command", s.command) && passes(m, "target", s.target) && passes(m, "source", s.source) &&
              !(m.except_args && *m.except_args == s.args))
            forbidden(m, s.command + " to " + s.target + " at " + seconds(s.t));
        break;
      case result:
        for (auto const& c : g_.commands)
          for (auto const& t : c.targets)
            if (t.final_at && in_time(m, *t.final_at) && passes(m, "command", c.name) && passes(m, "target", t.name) && passes(m, "result", t.result))
              forbidden(m, c.id + " to " + t.name + " " + t.result + " at " + seconds(*t.final_at));
        break;
      case forward:
        for (auto const& f : g_.forwards)
          if (in_time(m, f.t) && passes(m, "alert", f.alert)) forbidden(m, f.alert + " at " + seconds(f.t));
        break;
      case recommend:
        for (auto const& r : g_.recommendations)
          if (in_time(m, r.t) && passes(m, "for", r.alert) && passes(m, "playbook", r.playbook)) forbidden(m, r.id + ", " + describe(r));
        break;
      case evidence: evidence_of_others(m); break;
      case always:
      case review: break;
    }
  }

  void evidence_of_others(rule const& m) {
    auto const during = std::find_if(g_.alerts.begin(), g_.alerts.end(), [&](auto const& a) { return a.id == m.while_active; });
    if (during == g_.alerts.end()) return;  // missing, which is told already
    for (auto const& a : g_.alerts) {
      if (a.id == during->id || a.raise < during->raise || (during->clear && a.raise >= *during->clear) || !in_time(m, a.raise)) continue;
      for (auto const& d : a.evidence)
        if (passes(m, "device", d)) forbidden(m, a.id + " rests on " + d);
    }
  }

  config::expectations const& e_;
  played const& g_;
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> compare(config::expectations const& expected, played const& got) { return comparison(expected, got).run(); }

}  // namespace ioc::ctl
