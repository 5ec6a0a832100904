#include "adapters/config/load.hpp"
#include "adapters/config/playbooks.hpp"
#include "adapters/config/policy.hpp"
#include "adapters/config/rules.hpp"
#include "adapters/config/site_parts.hpp"
#include "perceive/catalogue.hpp"
#include "perceive/source_overlap.hpp"

#include <algorithm>
#include <filesystem>

namespace fs = std::filesystem;

namespace ioc::config {

perceive::catalogue site::catalogue() const {
  core::device_list devices;
  for (auto const& u : units) devices.append(u.devices);
  return perceive::catalogue::make(metrics, sources, models, tree, std::move(devices));
}

pipeline::unit_config const* site::find(std::string const& unit) const {
  auto const it = std::find_if(units.begin(), units.end(), [&](auto const& u) { return u.unit.code == unit; });
  return it == units.end() ? nullptr : &*it;
}

namespace {

// In the order of their names, so that the order of rules does not depend on the disk.
std::vector<std::string> yaml_files(fs::path const& dir) {
  std::vector<std::string> out;
  std::error_code ec;
  for (auto const& e : fs::directory_iterator(dir, ec))
    if (e.is_regular_file(ec) && (e.path().extension() == ".yaml" || e.path().extension() == ".yml")) out.push_back(e.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

// What is read into one unit while its files are gone through.
struct unit_scope {
  name_scope names;
  id_register rules{"rule"}, playbooks{"playbook"};
  bool has_policy = false;
};

class site_reader {
 public:
  explicit site_reader(fs::path dir) : dir_(std::move(dir)) {}

  site read() {
    if (std::error_code ec; !fs::is_directory(dir_, ec))
      throw config_error(fault{dir_.string(), 0, {}, "is no folder", "name the folder that holds metrics.yaml, units/, rules/ …"});
    file((dir_ / "metrics.yaml").string(), [this](node const& n, file_context const& c) { read_metrics(n, c, names_, site_.metrics); });
    faults_.throw_if_any();  // without metrics everything below would be wrong, too
    make_table();
    name_scope metrics_only;
    metrics_only.resolve = resolver();
    metrics_only.metric_names = metric_names_;
    for (auto const& f : yaml_files(dir_ / "sources"))
      file(f, [&](node const& n, file_context const& c) {
        read_source(n, c, names_, site_.sources);
        source_files_.resize(site_.sources.size(), f);
      });
    check_sources();
    if (faults_.empty())
      for (auto const& s : site_.sources) names_.source_names.push_back(s.name);
    for (auto const& f : yaml_files(dir_ / "models")) file(f, [&](node const& n, file_context const& c) { read_model(n, c, names_, metrics_only, site_.models); });
    for (auto const& f : yaml_files(dir_ / "units")) file(f, [this](node const& n, file_context const& c) { read_unit(n, c, names_, site_.tree, site_.units); });
    check_tree();
    faults_.throw_if_any();
    for (auto& u : site_.units) prepare(u);
    per_unit("rules", [](node const& body, file_context const& c, pipeline::unit_config& u, unit_scope& s) {
      auto more = read_rules(body, "rules", c, s.names, s.rules, {true, &u.devices});
      for (auto& r : more) {
        r.order = static_cast<int>(u.rules.size());
        u.rules.push_back(std::move(r));
      }
    });
    per_unit("playbooks", [](node const& body, file_context const& c, pipeline::unit_config& u, unit_scope& s) {
      auto more = read_playbooks(body, "playbooks", c, s.names, s.playbooks, true);
      std::move(more.begin(), more.end(), std::back_inserter(u.playbooks));
    });
    per_unit("policy", [](node const& body, file_context const& c, pipeline::unit_config& u, unit_scope& s) {
      if (s.has_policy) c.fail(body.line, "policy", "the unit has a policy already", "keep one file for each unit");
      s.has_policy = true;
      u.policy = read_policy(body, "policy", c, s.names);
    });
    faults_.throw_if_any();
    return std::move(site_);
  }

 private:
  template <class F>
  void file(std::string const& path, F const& f) {
    try {
      auto const root = parse_file(path);
      file_context const c{path, faults_};
      f(root, c);
    } catch (config_error const& e) {
      // Broken YAML in one file does not hide what is wrong in the next; a full list ends the load.
      if (e.faults().size() >= fault_list::limit) throw;
      for (auto const& one : e.faults()) faults_.add(one);
    }
  }

  // config/{rules,playbooks,policy}/*.yaml: `unit:` and one more key, the folder's name.
  template <class F>
  void per_unit(std::string const& what, F const& f) {
    for (auto const& path : yaml_files(dir_ / what))
      file(path, [&](node const& root, file_context const& c) {
        map_reader m(root, "", c);
        if (!m.usable()) return;
        auto const code = m.code("unit");
        auto const* body = m.child(what);
        m.for_people({"note"});
        m.finish();
        auto const it = std::find_if(site_.units.begin(), site_.units.end(), [&](auto const& u) { return u.unit.code == code; });
        if (it == site_.units.end()) {
          std::vector<std::string> known;
          for (auto const& u : site_.units) known.push_back(u.unit.code);
          if (!code.empty()) m.fail("unit", "unit \"" + code + "\" does not exist in units/", suggest(code, known, "units"));
          return;
        }
        if (body) f(*body, c, *it, scopes_.at(code));
      });
  }

  void make_table() {
    table_ = perceive::metric_table(site_.metrics);
    for (auto const& row : table_.rows()) {
      metric_names_.push_back(row.name);
      metric_names_.insert(metric_names_.end(), row.aliases.begin(), row.aliases.end());
      for (auto const& [alias, channel] : row.channel_aliases) metric_names_.push_back(alias);
    }
  }
  metric_resolver resolver() {
    return [this](std::string const& name) -> std::optional<std::string> {
      auto canonical = table_.canonical(name);
      if (!table_.find(canonical)) return std::nullopt;
      return canonical;
    };
  }

  // Who takes a message must not depend on luck: filters that overlap in part, or stand twice, are refused.
  void check_sources() {
    for (auto const& o : perceive::unresolved_overlaps(site_.sources)) {
      auto const other = o.first == o.second ? std::string("in this file, too") : "in " + source_files_[o.first] + " (" + site_.sources[o.first].name + ")";
      bool const twice = o.how == perceive::filter_relation::equal;
      faults_.add({source_files_[o.second], 0, "filters",
                   twice ? "\"" + o.other + "\" stands " + (o.filter == o.other ? other : other + " as \"" + o.filter + "\"")
                         : "\"" + o.other + "\" and \"" + o.filter + "\" " + other + " overlap in part: both take \"" + o.both + "\", neither is the narrower",
                   twice ? "remove one, or bind the two to different gateways with `gateway`"
                         : "write one filter more exactly, or say `except: [\"" + o.both + "\"]`, `yields: true` or `gateway: [NAME]` in one of the two"});
    }
  }

  void check_tree() {
    for (auto const& u : site_.tree) {
      if (u.parent.empty()) continue;
      bool const known = std::any_of(site_.tree.begin(), site_.tree.end(), [&](auto const& p) { return p.code == u.parent; });
      if (!known)
        faults_.add({(dir_ / "units").string(), 0, "parent", "unit \"" + u.code + "\" is below \"" + u.parent + "\", which does not exist",
                     "add units/" + u.parent + ".yaml or correct `parent`"});
    }
  }

  void prepare(pipeline::unit_config& u) {
    auto& s = scopes_[u.unit.code];
    for (auto const& d : u.devices) s.names.devices.push_back(d.id);
    for (auto const& z : u.unit.zones) s.names.zones.push_back(z.id);
    s.names.resolve = resolver();
    s.names.metric_names = metric_names_;
    for (auto const& row : table_.rows()) u.units_of_measure[row.name] = row.unit;
  }

  fs::path dir_;
  fault_list faults_;
  site_names names_;
  site site_;
  std::vector<std::string> source_files_;  // of site_.sources
  perceive::metric_table table_;
  std::vector<std::string> metric_names_;
  std::map<std::string, unit_scope> scopes_;
};

}  // namespace

site load_site(std::string const& dir) { return site_reader(dir).read(); }

}  // namespace ioc::config
