#include "adapters/config/expected.hpp"

#include <algorithm>
#include <array>

namespace ioc::config {

namespace {
constexpr std::array<std::string_view, 8> check_names{"raise", "send", "result", "forward", "recommend", "evidence", "always", "review"};

class expected_reader {
 public:
  expected_reader(map_reader& m, file_context const& c, name_scope const& scope) : m_(m), c_(c), scope_(scope) {}

  expectations read() {
    e_.tolerance = m_.seconds("tol_s");
    items("alerts", false, [this](map_reader& k) { alert(k); });
    items("suppressed", false, [this](map_reader& k) {
      e_.suppressed.push_back({rule(k), k.text("device"), k.seconds("at_t"), k.text("by")});
      scope_.check_device(e_.suppressed.back().device, k.line_of("device"), k.place("device"), c_);
    });
    items("recommendations", false, [this](map_reader& k) { recommendation(k); });
    items("commands", false, [this](map_reader& k) { command(k); });
    items("tasks", false, [this](map_reader& k) {
      expect::task t{id(k), k.text_or_null("rec").value_or(""), k.text("assignee"), k.text("text_vi"), k.seconds("not_before_t"), k.seconds("by_t")};
      e_.tasks.push_back(std::move(t));
    });
    items("refused", false, [this](map_reader& k) { e_.refused.push_back({k.seconds("t"), k.text("role"), k.text("action"), k.text("ref")}); });
    items("must_not", false, [this](map_reader& k) { must_not(k); });
    final_state();
    return std::move(e_);
  }

 private:
  template <class F>
  void items(char const* key, bool required, F const& f) {
    m_.each(key, required, [&](node const& n, std::string const& at) {
      map_reader k(n, at, c_);
      if (!k.usable()) return;
      k.for_people({"note"});
      f(k);
      k.finish();
    });
  }
  std::string id(map_reader& k) {
    auto text = k.text("id");
    ids_.add(text, k.line_of("id"), k.place("id"), c_);
    return text;
  }
  std::string rule(map_reader& k) {
    auto text = k.text("rule");
    scope_.check_rule(text, k.line_of("rule"), k.place("rule"), c_);
    return text;
  }
  void alert(map_reader& k) {
    expect::alert a;
    a.id = id(k);
    a.rule = rule(k);
    a.subject = k.text("device");
    a.severity = k.severity("severity");
    a.raise = k.seconds("raise_t");
    a.clear = k.seconds_or_null("clear_t");
    a.escalate = k.seconds_opt("escalate_t");
    a.forward_by = k.seconds_opt("forward_by_t");
    a.verified = k.flag("verified", true);
    e_.alerts.push_back(std::move(a));
  }
  void recommendation(map_reader& k) {
    expect::recommendation r;
    r.id = id(k);
    r.alert = k.text("for");
    r.playbook = k.text("playbook");
    scope_.check_playbook(r.playbook, k.line_of("playbook"), k.place("playbook"), c_);
    r.approver = k.text_or_null("approver").value_or("");
    r.not_before = k.seconds("not_before_t");
    r.by = k.seconds("by_t");
    e_.recommendations.push_back(std::move(r));
  }
  void command(map_reader& k) {
    expect::command x;
    x.id = id(k);
    x.rec = k.text_or_null("rec").value_or("");
    x.name = k.text("command");
    x.targets = k.texts("targets");
    x.args = k.arguments_opt("args");
    x.source = k.choice("source", {"approved", "auto", "scheduled", "manual"});
    x.not_before = k.seconds("not_before_t");
    x.issue_by = k.seconds("issue_by_t");
    x.final_by = k.seconds_opt("final_by_t");
    per_target(k, "result", true, x.targets, [&](map_reader& r, std::string const& target) {
      x.result[target] = r.choice(target, {"succeeded", "not_reached", "failed", "offline", "interlocked", "quiet_hours"});
    });
    per_target(k, "attempts", false, x.targets, [&](map_reader& r, std::string const& target) {
      if (auto const n = r.integer_opt(target, 0, 1000)) x.attempts[target] = *n;
    });
    e_.commands.push_back(std::move(x));
  }
  template <class F>
  void per_target(map_reader& k, char const* key, bool required, std::vector<std::string> const& targets, F const& f) {
    auto const* n = required ? k.child(key) : k.child_opt(key);
    if (!n) return;
    map_reader r(*n, k.place(key), c_);
    for (auto const& t : targets) f(r, t);
    r.finish();
  }
  void must_not(map_reader& k) {
    expect::must_not x;
    auto const check = k.choice("check", {check_names.begin(), check_names.end()});
    for (std::size_t i = 0; i < check_names.size(); ++i)
      if (check_names[i] == check) x.check = static_cast<expect::check_kind>(i);
    x.note = k.text_opt("note").value_or("");
    using enum expect::check_kind;
    switch (x.check) {
      case raise:
        filters(k, x, {"rule", "device"});
        if (k.has("verified")) x.verified = k.flag("verified", true);
        break;
      case send:
        filters(k, x, {"command", "target", "source"});
        if (k.has("except_args")) x.except_args = k.arguments_opt("except_args");
        break;
      case result: filters(k, x, {"command", "target", "result"}); break;
      case forward: filters(k, x, {"alert"}); break;
      case recommend: filters(k, x, {"for", "playbook"}); break;
      case evidence:
        filters(k, x, {"device"});
        x.while_active = k.text("while_active");
        break;
      case always:
      case review: break;
    }
    if (x.check < always) {
      x.from = k.seconds_opt("from_t");
      x.before = k.seconds_opt("before_t");
    }
    if (auto const r = x.filters.find("rule"); r != x.filters.end())
      for (auto const& id : r->second)
        if (id.find('*') == std::string::npos) scope_.check_rule(id, k.line_of("rule"), k.place("rule"), c_);
    if (auto const p = x.filters.find("playbook"); p != x.filters.end())
      for (auto const& id : p->second)
        if (id.find('*') == std::string::npos) scope_.check_playbook(id, k.line_of("playbook"), k.place("playbook"), c_);
    e_.must_not.push_back(std::move(x));
  }
  // A filter takes one value or a list.
  void filters(map_reader& k, expect::must_not& x, std::initializer_list<char const*> names) {
    for (auto const* name : names) {
      auto const* n = k.child_opt(name);
      if (!n) continue;
      if (n->is_list()) x.filters[name] = k.texts(name);
      else x.filters[name] = {k.text(name)};
    }
  }
  void final_state() {
    auto const* n = m_.child_opt("final");
    if (!n) return;
    map_reader k(*n, m_.place("final"), c_);
    if (k.has("active")) e_.final.active = k.texts_opt("active");
    e_.final.province_alert_count = k.integer_opt("province_alert_count", 0);
    e_.final.incident_count = k.integer_opt("incident_count", 0);
    if (auto const* cov = k.child_opt("coverage_pct")) {
      if (!cov->is_map()) k.fail("coverage_pct", "a map of broadcasts is expected", "write {B1: {first_pass: 62.5, final: 100}}");
      for (auto const& b : cov->entries) {
        map_reader r(b.value, k.place("coverage_pct") + "." + b.key, c_);
        e_.final.coverage_pct[b.key] = {r.number_opt("first_pass", 0), r.number_opt("final", 0)};
        r.finish();
      }
    }
    k.finish();
  }

  map_reader& m_;
  file_context const& c_;
  name_scope const& scope_;
  expectations e_;
  id_register ids_{"id"};
};
}  // namespace

std::string_view to_text(expect::check_kind k) { return check_names[static_cast<std::size_t>(k)]; }

expectations read_expected(node const& n, std::string const& path, file_context const& c, name_scope const& scope) {
  map_reader m(n, path, c);
  if (!m.usable()) return {};
  auto e = expected_reader(m, c, scope).read();
  m.for_people({"note"});
  m.finish();
  return e;
}

}  // namespace ioc::config
