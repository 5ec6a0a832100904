#include "adapters/config/site_parts.hpp"

#include <algorithm>

namespace ioc::config {

namespace {
core::localized names_of(map_reader& m) {
  core::localized n;
  n.vi = m.text("vi");
  n.en = m.text("en");
  for (auto const& [key, text] : {std::pair{"vi", &n.vi}, std::pair{"en", &n.en}})
    if (m.has(key) && text->find_first_not_of(" \t") == std::string::npos) m.fail(key, "is a name of blanks", "write what people call it");
  return n;
}
}  // namespace

void read_metrics(node const& root, file_context const& c, site_names& names, std::vector<perceive::metric_info>& out) {
  map_reader m(root, "", c);
  if (!m.usable()) return;
  m.each("metrics", true, [&](node const& n, std::string const& at) {
    map_reader k(n, at, c);
    if (!k.usable()) return;
    perceive::metric_info row;
    row.name = k.text("name");
    names.metrics.add(row.name, k.line_of("name"), k.place("name"), c);
    row.unit = k.text("unit");
    row.label = names_of(k);
    row.aliases = k.texts_opt("aliases");
    for (auto const& a : row.aliases) names.metrics.add(a, k.line_of("aliases"), k.place("aliases"), c);
    if (auto const* map = k.child_opt("channel_aliases")) {
      if (!map->is_map()) k.fail("channel_aliases", "a map alias: channel is expected", "write {v_a: L1}");
      for (auto const& e : map->entries) {
        names.metrics.add(e.key, e.line, k.place("channel_aliases"), c);
        if (!e.value.is_scalar()) c.fail(e.line, k.place("channel_aliases") + "." + e.key, "a channel is expected", "write such as L1");
        row.channel_aliases[e.key] = e.value.scalar;
      }
    }
    row.low = k.number_opt("low");
    row.high = k.number_opt("high");
    if (row.low && row.high && *row.low >= *row.high) k.fail("low", "is not below `high`", "swap or correct them");
    row.max_rate = k.number_opt("max_rate");
    if (row.max_rate && *row.max_rate <= 0) k.fail("max_rate", "is not above 0", "write units per second, such as 0.05");
    row.flatline = k.seconds_opt("flatline_s", true);
    if (row.unit.empty() && (row.max_rate || row.flatline))
      k.fail(row.max_rate ? "max_rate" : "flatline_s", "stands at a boolean or text", "only numbers change at a rate; remove it");
    k.finish();
    out.push_back(std::move(row));
  });
  m.finish();
}

void read_source(node const& root, file_context const& c, site_names& names, std::vector<perceive::source_info>& out) {
  map_reader m(root, "", c);
  if (!m.usable()) return;
  perceive::source_info s;
  s.name = m.text("name");
  names.sources.add(s.name, m.line_of("name"), "name", c);
  auto const known = perceive::decoder_names();
  s.decoder = m.choice("decoder", {known.begin(), known.end()});
  s.filters = m.texts("filters");
  for (auto const& f : s.filters)
    if (!perceive::valid_filter(f)) m.fail("filters", "\"" + f + "\" is no MQTT filter", "'+' stands for a whole level, '#' is the last one");
  if (m.has("unit")) s.unit = m.code("unit");
  s.gateways = m.texts_opt("gateway");
  s.except = m.texts_opt("except");
  for (auto const& f : s.except)
    if (!perceive::valid_filter(f)) m.fail("except", "\"" + f + "\" is no MQTT filter", "'+' stands for a whole level, '#' is the last one");
  s.yields = m.flag("yields", false);
  if (auto const v = m.seconds_opt("max_age_s", true)) s.max_age = *v;
  if (auto const v = m.seconds_opt("max_ahead_s", true)) s.max_ahead = *v;
  if (auto const v = m.seconds_opt("max_behind_s", true)) s.max_behind = *v;
  if (auto const v = m.seconds_opt("allowed_lateness_s", false)) {
    s.allowed_lateness = *v;
    if (*v > s.max_age) m.fail("allowed_lateness_s", "is longer than `max_age_s`", "alarms would wait for what counts as history; write a shorter time");
  }
  s.quota_per_s = m.number_opt("quota_per_s", 0.1);
  if (auto const* map = m.child_opt("settings")) {
    if (!map->is_map()) m.fail("settings", "a map is expected", "write {base: zigbee2mqtt}");
    for (auto const& e : map->entries) s.settings[e.key] = e.value.scalar;
  }
  m.for_people({"note"});
  m.finish();
  out.push_back(std::move(s));
}

namespace {
// siren.on: the group and one or more words behind it.
bool is_command(std::string_view s) {
  bool const letters = std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
  return letters && !s.starts_with('.') && !s.ends_with('.') && s.find('.') != std::string_view::npos && s.find("..") == std::string_view::npos;
}
}  // namespace

void read_model(node const& root, file_context const& c, site_names& names, name_scope const& scope, std::vector<perceive::device_model>& out) {
  map_reader m(root, "", c);
  if (!m.usable()) return;
  perceive::device_model d;
  d.key = m.text("key");
  if (names.models.add(d.key, m.line_of("key"), "key", c)) names.model_keys.push_back(d.key);
  d.vendor = m.text("vendor");
  d.name = names_of(m);
  d.type = m.text("type");
  d.link = m.choice("link", {"lorawan", "zigbee", "wifi", "ethernet", "cellular", "modbus", "radio"});
  if (m.has("power")) d.power = m.choice("power", {"mains", "battery", "solar", "poe"});
  d.source = m.text("source");
  auto const& sources = names.source_names;
  if (m.has("source") && !sources.empty() && std::find(sources.begin(), sources.end(), d.source) == sources.end())
    m.fail("source", "source \"" + d.source + "\" does not exist in sources/", suggest(d.source, sources, "sources"));
  d.expected_interval = m.seconds_opt("expected_interval_s", true);
  d.commands = m.texts_opt("commands");
  for (auto const& command : d.commands)
    if (!is_command(command)) m.fail("commands", "\"" + command + "\" is no command", "write GROUP.NAME in small letters, such as siren.on");
  m.each("readings", false, [&](node const& n, std::string const& at) {
    map_reader k(n, at, c);
    if (!k.usable()) return;
    perceive::reading_rule r;
    r.metric = scope.metric(k.text("metric"), k.line_of("metric"), k.place("metric"), c);
    r.to = scope.metric(k.text("to"), k.line_of("to"), k.place("to"), c);
    r.factor = k.number_opt("factor").value_or(1);
    r.offset = k.number_opt("offset").value_or(0);
    r.factor_from = k.text_opt("factor_from").value_or("");
    r.offset_from = k.text_opt("offset_from").value_or("");
    k.finish();
    d.readings.push_back(std::move(r));
  });
  m.each("events", false, [&](node const& n, std::string const& at) {
    map_reader k(n, at, c);
    if (!k.usable()) return;
    perceive::event_rule r;
    r.metric = scope.metric(k.text("metric"), k.line_of("metric"), k.place("metric"), c);
    r.when_true = k.text_opt("when_true").value_or("");
    r.when_false = k.text_opt("when_false").value_or("");
    if (r.when_true.empty() && r.when_false.empty()) k.fail("when_true", "the entry makes no event", "give when_true or when_false");
    k.finish();
    d.events.push_back(std::move(r));
  });
  m.for_people({"note"});
  m.finish();
  out.push_back(std::move(d));
}

namespace {
// A day in Asia/Ho_Chi_Minh, as the moment at which it begins.
std::optional<core::time_point> day_of(map_reader& m, std::string const& key) {
  auto const text = m.text_opt(key);
  if (!text) return std::nullopt;
  auto const t = core::from_iso(*text + "T00:00:00+07:00");
  if (!t || text->size() != 10) m.fail(key, "\"" + *text + "\" is no day", "write year-month-day, such as 2025-07-01");
  return t;
}

core::device read_device(map_reader& k, std::string const& unit, site_names const& names, name_scope& scope, id_register& ids) {
  core::device d;
  d.unit = unit;
  d.id = k.text("id");
  if (k.has("id") && !core::valid_device_name(d.id)) k.fail("id", "\"" + d.id + "\" is no device name", "use 1-64 letters, digits, '_', '.', '-'; not . or .. alone");
  ids.add(d.id, k.line_of("id"), k.place("id"), k.context());
  d.name = names_of(k);
  d.type = k.text("type");
  if (auto const z = k.text_opt("zone"); z && scope.check_zone(*z, k.line_of("zone"), k.place("zone"), k.context())) d.zone = *z;
  if (auto const model = k.text_opt("model")) {
    d.model = *model;
    auto const& known = names.model_keys;
    if (std::find(known.begin(), known.end(), d.model) == known.end())
      k.fail("model", "model \"" + d.model + "\" does not exist in models/", suggest(d.model, known, "models"));
  }
  d.native = k.text_opt("native").value_or("");
  d.natives = k.texts_opt("natives");
  d.receipts = k.flag("receipts", false);
  d.parent = k.text_opt("parent").value_or("");
  d.lat = k.number_opt("lat", -90);
  d.lon = k.number_opt("lon", -180);
  if (d.lat && *d.lat > 90) k.fail("lat", "is beyond the pole", "write degrees north, such as 22.36");
  if (d.lat.has_value() != d.lon.has_value()) k.fail(d.lat ? "lat" : "lon", "stands alone", "give lat and lon, or neither");
  d.coverage_m = k.number_opt("coverage_m", 0);
  d.expected_interval = k.seconds_opt("expected_interval_s", true);
  d.tags = k.texts_opt("tags");
  if (k.flag("receipts", false)) d.tags.push_back("receipts");  // the app tells it how far PostgreSQL has its records
  if (auto const* map = k.child_opt("calibration")) {
    if (!map->is_map()) k.fail("calibration", "a map name: number is expected", "write {mounting_height: 8.0}");
    for (auto const& e : map->entries) {
      auto const v = e.value.is_scalar() && !e.value.quoted ? decimal(e.value.scalar) : std::nullopt;
      if (v) d.calibration[e.key] = *v;
      else k.context().fail(e.line, k.place("calibration") + "." + e.key, "a number is expected", "write a decimal number with a point");
    }
  }
  k.for_people({"note"});
  return d;
}
}  // namespace

void read_unit(node const& root, file_context const& c, site_names& names, std::vector<core::unit>& tree, std::vector<pipeline::unit_config>& out) {
  map_reader m(root, "", c);
  if (!m.usable()) return;
  pipeline::unit_config config;
  auto& u = config.unit;
  u.kind = m.choice("kind", {"commune", "province", "country"});
  // The root's code is a word, all others are digits in quotes.
  u.code = u.kind == "country" ? m.text("code") : m.code("code");
  names.units.add(u.code, m.line_of("code"), "code", c);
  u.name = names_of(m);
  u.parent = m.text_opt("parent").value_or("");
  u.valid_from = day_of(m, "valid_from");
  u.valid_to = day_of(m, "valid_to");
  if (u.valid_from && u.valid_to && *u.valid_from >= *u.valid_to) m.fail("valid_to", "is not after valid_from", "it is the first day on which the code is not valid any more");
  id_register zone_ids("zone"), device_ids("device");
  name_scope scope;
  m.each("zones", false, [&](node const& n, std::string const& at) {
    map_reader k(n, at, c);
    if (!k.usable()) return;
    core::zone z;
    z.id = k.text("id");
    zone_ids.add(z.id, k.line_of("id"), k.place("id"), c);
    z.name = names_of(k);
    k.finish();
    scope.zones.push_back(z.id);
    u.zones.push_back(std::move(z));
  });
  std::vector<std::pair<int, std::string>> parents;
  m.each("devices", false, [&](node const& n, std::string const& at) {
    map_reader k(n, at, c);
    if (!k.usable()) return;
    auto d = read_device(k, u.code, names, scope, device_ids);
    if (!d.parent.empty()) parents.emplace_back(k.line_of("parent"), d.parent);
    k.finish();
    scope.devices.push_back(d.id);
    config.devices.push_back(std::move(d));
  });
  for (auto const& [line, parent] : parents) scope.check_device(parent, line, "parent", c);
  m.for_people({"note"});
  m.finish();
  tree.push_back(u);
  if (u.kind == "commune") out.push_back(std::move(config));
}

}  // namespace ioc::config
