#include "adapters/config/rules.hpp"

#include <algorithm>

namespace ioc::config {

namespace {

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (auto t = alert::rule_type::threshold;; t = static_cast<alert::rule_type>(static_cast<int>(t) + 1)) {
    names.emplace_back(alert::to_text(t));
    if (t == alert::rule_type::command_verify) return names;
  }
}

class rule_reader {
 public:
  rule_reader(map_reader& m, alert::rule& r, name_scope const& scope, rule_options const& options) : m_(m), r_(r), scope_(scope), options_(options) {}

  // One type, its keys: what is not asked for here is refused by finish().
  void read() {
    using enum alert::rule_type;
    switch (r_.type) {
      case threshold:
        devices(); metric(); compare(); hold(); clear(); gate();
        break;
      case sum:
      case rate:
        devices(); metric(); window(); compare(); clear(); gate();
        break;
      case deviation:
        devices(); metric(); peers(); compare(); hold(); clear();
        r_.sets_quality = m_.text_opt("sets_quality").value_or("");
        break;
      case flatline:
        devices(); metric(); window();
        r_.min_samples = m_.integer("min_samples", 1);
        r_.max_span = m_.number("max_span", 0);
        break;
      case stale:
        devices();
        r_.timeout = m_.seconds("timeout_s", true);
        break;
      case event:
        devices();
        r_.event = m_.text("event");
        r_.clear_event = m_.text_opt("clear_event").value_or("");
        break;
      case report_count:
        window();
        r_.category = m_.text("category");
        r_.zone = m_.text("zone");
        if (m_.has("zone")) scope_.check_zone(r_.zone, m_.line_of("zone"), m_.place("zone"), m_.context());
        r_.min_count = m_.integer("min_count", 1);
        break;
      case count_active:
        r_.of = {m_.text("of")};
        check_rules("of", r_.of);
        r_.ge = m_.integer("ge", 1);
        broadcast();
        break;
      case zone_count:
        window();
        r_.of = m_.texts("of");
        check_rules("of", r_.of);
        r_.ge = m_.integer("ge", 1);
        break;
      case correlate:
        r_.all_of = m_.texts("all_of");
        check_rules("all_of", r_.all_of);
        r_.within = m_.seconds("within_s");
        r_.latch = m_.flag("latch", false);
        break;
      case coverage:
        r_.lt_pct = m_.number("lt_pct", 0);
        break;
      case command_verify:
        metric(); compare();
        r_.command = m_.text("command");
        r_.within = m_.seconds("within_s", true);
        break;
    }
  }

 private:
  void devices() {
    if (options_.live) {
      if (auto const* sel = m_.child_opt("select")) {
        m_.for_people({"devices"});
        if (m_.has("devices")) m_.fail("select", "stands beside `devices`", "keep one of the two");
        return select(*sel);
      }
    }
    r_.devices = m_.texts("devices");
    for (auto const& d : r_.devices) scope_.check_device(d, m_.line_of("devices"), m_.place("devices"), m_.context());
  }
  void select(node const& n) {
    map_reader s(n, m_.place("select"), m_.context());
    auto const type = s.text_opt("type"), zone = s.text_opt("zone"), tag = s.text_opt("tag");
    s.finish();
    if (!type && !zone && !tag) s.fail("", "selects every device", "give at least one of type, zone, tag");
    r_.select = alert::selector{type.value_or(""), zone.value_or(""), tag.value_or("")};
    if (!options_.registry) return;
    for (auto const& d : *options_.registry)
      if (r_.select->fits(d)) r_.devices.push_back(d.id);
    if (r_.devices.empty()) m_.fail("select", "no device of the unit fits", "correct type, zone or tag, or remove the rule");
  }
  void metric() { r_.metric = scope_.metric(m_.text("metric"), m_.line_of("metric"), m_.place("metric"), m_.context()); }
  void compare() {
    r_.op = m_.op("op");
    r_.value = m_.number("value");
  }
  void hold() { r_.hold = m_.seconds_opt("hold_s").value_or(core::duration{0}); }
  void window() { r_.window = m_.seconds("window_s", true); }
  void clear() {
    auto const* n = m_.child_opt("clear");
    if (!n) return;
    map_reader k(*n, m_.place("clear"), m_.context());
    alert::clear_condition cc;
    cc.op = k.op("op");
    cc.value = k.number("value");
    cc.hold = k.seconds_opt("hold_s").value_or(core::duration{0});
    k.finish();
    r_.clear = cc;
  }
  void gate() {
    auto const g = m_.text_opt("quality_gate");
    if (!g) return;
    r_.quality_gate = *g;
    if (!scope_.check_rule(*g, m_.line_of("quality_gate"), m_.place("quality_gate"), m_.context())) return;
    if (std::find(scope_.deviation_rules.begin(), scope_.deviation_rules.end(), *g) == scope_.deviation_rules.end())
      m_.fail("quality_gate", "rule \"" + *g + "\" is not of type deviation", suggest("", scope_.deviation_rules, "deviation rules"));
  }
  void peers() {
    auto const list = m_.texts("peers");
    for (auto const& p : list) {
      auto const slash = p.find('/');
      if (slash == std::string::npos || slash == 0 || slash + 1 == p.size()) {
        m_.fail("peers", "\"" + p + "\" is no series", "write device/metric, such as WL-02/level");
        continue;
      }
      alert::series_ref ref{p.substr(0, slash), p.substr(slash + 1)};
      scope_.check_device(ref.device, m_.line_of("peers"), m_.place("peers"), m_.context());
      ref.metric = scope_.metric(ref.metric, m_.line_of("peers"), m_.place("peers"), m_.context());
      r_.peers.push_back(std::move(ref));
    }
  }
  void broadcast() {
    auto const* n = m_.child_opt("requires");
    if (!n) return;
    map_reader q(*n, m_.place("requires"), m_.context());
    r_.requires_broadcast = alert::broadcast_requirement{q.text("scheduled_broadcast"), q.seconds("within_s", true)};
    q.finish();
  }
  void check_rules(std::string const& key, std::vector<std::string> const& ids) {
    for (auto const& id : ids) {
      if (id == r_.id) m_.fail(key, "the rule names itself", "name another rule");
      else scope_.check_rule(id, m_.line_of(key), m_.place(key), m_.context());
    }
  }

  map_reader& m_;
  alert::rule& r_;
  name_scope const& scope_;
  rule_options const& options_;
};

// First pass: ids, and which rules can be a quality gate.
void take_ids(node const& list, std::string const& path, file_context const& c, name_scope& scope, id_register& ids) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    auto const* id = list.items[i].find("id");
    if (!id || !id->is_scalar()) continue;  // the second pass reports it
    if (!ids.add(id->scalar, id->line, path + "[" + std::to_string(i) + "].id", c)) continue;
    scope.rules.push_back(id->scalar);
    auto const* type = list.items[i].find("type");
    if (type && type->scalar == "deviation") scope.deviation_rules.push_back(id->scalar);
  }
}

}  // namespace

std::vector<alert::rule> read_rules(node const& list, std::string const& path, file_context const& c, name_scope& scope, id_register& ids, rule_options const& options) {
  std::vector<alert::rule> out;
  if (!list.is_list()) {
    c.fail(list.line, path, std::string("a list of rules is expected, this is ") + list.kind_name(), "begin each rule with `- id:`");
    return out;
  }
  take_ids(list, path, c, scope, ids);
  auto const types = type_names();
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    map_reader m(list.items[i], path + "[" + std::to_string(i) + "]", c);
    if (!m.usable()) continue;
    alert::rule r;
    r.id = m.text("id");
    r.severity = m.severity("severity");
    m.for_people({"note", "basis_vi", "privacy"});
    if (options.live) {
      r.title = m.localized_opt("title");
      r.label = m.localized_opt("label");
      if (auto const* b = m.child_opt("basis")) {
        map_reader k(*b, m.place("basis"), c);
        r.basis = core::legal_basis{k.text("text"), k.text_opt("source").value_or("")};
        k.finish();
      }
    }
    if (r.title.vi.empty()) r.title = {r.id, r.id};
    auto const type = m.text("type");
    auto const known = alert::rule_type_from(type);
    if (!known) {
      // Without a type the other keys cannot be judged: one fault, not ten.
      if (type.empty()) m.fail("type", "the key is missing", "add `type:` with one of threshold, sum, rate, …");
      else m.fail("type", "\"" + type + "\" is no rule type", suggest(type, types, "rule types"));
      continue;
    }
    r.type = *known;
    rule_reader(m, r, scope, options).read();
    m.finish();
    out.push_back(std::move(r));
  }
  return out;
}

}  // namespace ioc::config
