#include "adapters/config/expected.hpp"
#include "adapters/config/load.hpp"
#include "adapters/config/playbooks.hpp"
#include "adapters/config/policy.hpp"
#include "adapters/config/rules.hpp"
#include "adapters/config/timeline.hpp"
#include "perceive/metric_table.hpp"

#include <algorithm>

namespace ioc::config {

namespace {

void read_unit(map_reader& m, scenario& s, file_context const& c) {
  auto const* n = m.child("unit");
  if (!n) return;
  map_reader u(*n, m.place("unit"), c);
  auto& unit = s.config.unit;
  unit.code = u.code("code");
  if (u.has("code") && unit.code.size() != 5) u.fail("code", "\"" + unit.code + "\" is no commune code", "write five digits in quotes, such as \"03478\"");
  unit.name.vi = unit.name.en = u.text("name_vi");
  s.province = u.code("province_code");
  unit.parent = s.province;
  unit.kind = "commune";
  u.finish();
}

// Devices in file order; zones in the order of their first use, as the names of alerts need them.
void read_devices(map_reader& m, scenario& s, file_context const& c, name_scope& scope) {
  id_register ids("device");
  auto& config = s.config;
  std::vector<std::pair<int, std::string>> parents;
  m.each("devices", true, [&](node const& n, std::string const& at) {
    map_reader d(n, at, c);
    if (!d.usable()) return;
    core::device dev;
    dev.unit = config.unit.code;
    dev.id = d.text("id");
    if (d.has("id") && !core::valid_device_name(dev.id)) d.fail("id", "\"" + dev.id + "\" is no device name", "use 1-64 letters, digits, '_', '.', '-'");
    ids.add(dev.id, d.line_of("id"), d.place("id"), c);
    dev.name = {dev.id, dev.id};
    dev.type = d.text("type");
    dev.zone = d.text("zone");
    dev.parent = d.text_opt("parent").value_or("");
    if (!dev.parent.empty()) parents.emplace_back(d.line_of("parent"), dev.parent);
    dev.expected_interval = d.seconds_opt("heartbeat_s", true);
    if (auto const* metrics = d.child_opt("metrics")) {
      if (!metrics->is_map()) d.fail("metrics", "a map `name: unit` is expected", "write {level: m}");
      for (auto const& e : metrics->entries) config.units_of_measure[scope.metric(e.key, e.line, d.place("metrics"), c)] = e.value.scalar;
    }
    d.for_people({"note", "privacy"});
    d.finish();
    auto const known = std::any_of(config.unit.zones.begin(), config.unit.zones.end(), [&](auto const& z) { return z.id == dev.zone; });
    if (!known && !dev.zone.empty()) config.unit.zones.push_back({dev.zone, {dev.zone, dev.zone}});
    scope.devices.push_back(dev.id);
    config.devices.push_back(std::move(dev));
  });
  for (auto const& [line, parent] : parents) scope.check_device(parent, line, "parent", c);
}

// A parent chain that ends in itself would have no parent to judge first.
void refuse_loops(core::device_list const& devices, node const& list, file_context const& c) {
  for (auto const& start : devices) {
    auto at = start.parent;
    for (std::size_t hops = 0; !at.empty(); ++hops) {
      if (at == start.id || hops > devices.size()) {
        c.fail(list.line, "devices", "device \"" + start.id + "\" is its own parent, directly or through others", "remove `parent` from one of them");
        return;
      }
      auto const it = std::find_if(devices.begin(), devices.end(), [&](auto const& d) { return d.id == at; });
      at = it == devices.end() ? std::string{} : it->parent;
    }
  }
}

void use_table(name_scope& scope, perceive::metric_table const& table) {
  for (auto const& row : table.rows()) {
    scope.metric_names.push_back(row.name);
    scope.metric_names.insert(scope.metric_names.end(), row.aliases.begin(), row.aliases.end());
  }
  scope.resolve = [&table](std::string const& name) -> std::optional<std::string> {
    auto const canonical = table.canonical(name);
    if (!table.find(canonical)) return std::nullopt;
    return canonical;
  };
}

}  // namespace

scenario load_scenario(std::string const& path, perceive::metric_table const* canonical) {
  auto const root = parse_file(path);
  fault_list faults;
  file_context const c{path, faults};
  map_reader m(root, "", c);
  faults.throw_if_any();  // not even a map

  scenario s;
  name_scope scope;
  if (canonical) use_table(scope, *canonical);
  if (auto const schema = m.text("schema"); !schema.empty() && schema != "ioc-scenario/1")
    m.fail("schema", "\"" + schema + "\" is not known", "write ioc-scenario/1");
  s.id = m.text("id");
  s.title = {m.text("title_vi"), m.text("title_en")};
  s.season = m.text("season");
  read_unit(m, s, c);
  auto const t0 = m.text("t0");
  if (auto const t = core::from_iso(t0)) s.t0 = *t;
  else if (!t0.empty()) m.fail("t0", "\"" + t0 + "\" is no time with an offset", "write such as '2027-07-24T22:00:00+07:00'");
  s.duration = m.seconds("duration_s", true);
  read_devices(m, s, c, scope);
  if (auto const* n = m.child("devices")) refuse_loops(s.config.devices, *n, c);

  id_register rule_ids("rule"), playbook_ids("playbook");
  if (auto const* n = m.child("rules")) s.config.rules = read_rules(*n, "rules", c, scope, rule_ids, {});
  for (std::size_t i = 0; i < s.config.rules.size(); ++i) s.config.rules[i].order = static_cast<int>(i);
  if (auto const* n = m.child("playbooks")) s.config.playbooks = read_playbooks(*n, "playbooks", c, scope, playbook_ids, false);
  if (auto const* n = m.child("policy")) s.config.policy = read_policy(*n, "policy", c, scope);
  if (auto const* n = m.child("timeline")) s.timeline = read_timeline(*n, "timeline", c, scope);
  if (auto const* n = m.child("expected")) s.expected = read_expected(*n, "expected", c, scope);
  m.for_people({"note"});
  m.finish();
  faults.throw_if_any();
  return s;
}

}  // namespace ioc::config
