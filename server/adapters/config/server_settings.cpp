#include "adapters/config/load.hpp"
#include "adapters/config/reader.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

namespace ioc::config {

namespace {

class settings_reader {
 public:
  settings_reader(map_reader& m, fs::path base) : m_(m), base_(std::move(base)) {}

  server_settings read() {
    s_.data_dir = path(m_, m_.text("data_dir"));
    s_.config_dir = path(m_, m_.text("config_dir"));
    s_.migrations_dir = migrations();
    section("http", [this](map_reader& k) { http(k); });
    section("mqtt", [this](map_reader& k) { mqtt(k); });
    section("postgres", [this](map_reader& k) {
      s_.postgres.url = k.text("url");
      if (!s_.postgres.url.empty() && !s_.postgres.url.starts_with("postgresql://") && !s_.postgres.url.starts_with("postgres://"))
        k.fail("url", "is no PostgreSQL address", "write postgresql://user@host:5432/database");
      if (auto const at = s_.postgres.url.find('@'); at != std::string::npos) {
        auto const user = s_.postgres.url.find("//") + 2;
        if (s_.postgres.url.substr(user, at - user).find(':') != std::string::npos)
          k.fail("url", "holds a password", "put it into a file (mode 0600) and name that in password_file");
      }
      s_.postgres.password_file = path(k, k.text_opt("password_file").value_or(""));
    });
    optional_section("sparkplug", [this](map_reader& k) { sparkplug(k); });
    optional_section("journal", [this](map_reader& k) {
      s_.journal.max_mib = static_cast<std::uint32_t>(k.integer_opt("max_mib", 16, 1 << 20).value_or(1024));
      s_.journal.segment_mib = static_cast<std::uint32_t>(k.integer_opt("segment_mib", 1, 4096).value_or(64));
      s_.journal.sync = std::chrono::milliseconds{k.integer_opt("sync_ms", 1, 60000).value_or(100)};
      if (s_.journal.segment_mib * 2 > s_.journal.max_mib)
        k.fail("segment_mib", "is more than half of max_mib: there must be room for two segments", "make segment_mib smaller or max_mib larger");
    });
    optional_section("retention", [this](map_reader& k) { retention(k); });
    optional_section("shares", [this](map_reader& k) {
      constexpr int most = 1 << 30;
      s_.shares.database_mib = k.integer_opt("database_mib", 0, most).value_or(0);
      s_.shares.rejected_mib = k.integer_opt("rejected_mib", 0, most).value_or(0);
      s_.shares.waiting_mib = k.integer_opt("waiting_mib", 0, most).value_or(0);
    });
    optional_section("quotas", [this](map_reader& k) { quotas(k); });
    optional_section("log", [this](map_reader& k) {
      if (k.has("level")) s_.log.level = k.choice("level", {"trace", "debug", "info", "warn", "error"});
      s_.log.file = path(k, k.text_opt("file").value_or(""));
    });
    s_.first_login_changes_password = m_.flag("first_login_changes_password", true);
    return std::move(s_);
  }

 private:
  std::string path(map_reader&, std::string const& text) const {
    if (text.empty()) return text;
    return (fs::path(text).is_absolute() ? fs::path(text) : base_ / text).lexically_normal().string();
  }

  void retention(map_reader& k) {
    constexpr int century = 36'500;
    auto& r = s_.retention;
    auto const days = [&](char const* key, int& value) { value = k.integer_opt(key, 0, century).value_or(value); };
    days("raw_days", r.raw_days);
    days("minute_days", r.minute_days);
    days("hour_days", r.hour_days);
    days("day_days", r.day_days);
    days("event_days", r.event_days);
    days("rejected_days", r.rejected_days);
    auto const order = [&](char const* fine, int fine_days, char const* coarse, int coarse_days) {
      if (coarse_days != 0 && (fine_days == 0 || fine_days > coarse_days))
        k.fail(coarse, std::string("is shorter than ") + fine + ": a roll-up is made from what lies below it", std::string("make it at least as long, or ") + fine + " shorter");
    };
    order("raw_days", r.raw_days, "minute_days", r.minute_days);
    order("minute_days", r.minute_days, "hour_days", r.hour_days);
    order("hour_days", r.hour_days, "day_days", r.day_days);
  }

  void quotas(map_reader& k) {
    auto& q = s_.quotas;
    q.device_per_s = k.number_opt("device_per_s", 0).value_or(q.device_per_s);
    q.gateway_per_s = k.number_opt("gateway_per_s", 0).value_or(q.gateway_per_s);
    auto const* map = k.child_opt("publishers");
    if (!map) return;
    if (!map->is_map()) k.fail("publishers", "a map account: messages a second is expected", "write {\"03478/WL-01\": 5000, \"03478.tram-bom\": 0}");
    for (auto const& e : map->entries) {
      auto const place = k.place("publishers") + "." + e.key;
      double v = -1;
      auto const& text = e.value.scalar;
      auto const [end, bad] = std::from_chars(text.data(), text.data() + text.size(), v);
      auto const cut = e.key.find_first_of("/.");
      if (cut == std::string::npos || cut == 0 || cut + 1 == e.key.size()) k.context().fail(e.line, place, "is no account", "write \"unit/device\", or \"unit.name\" of a gateway");
      else if (!e.value.is_scalar() || bad != std::errc{} || end != text.data() + text.size() || !(v >= 0)) k.context().fail(e.line, place, "is no number from 0 on", "write messages a second, 0 = without a limit");
      else q.publishers[e.key] = v;
    }
  }

  // Beside the sources when it runs from a build tree, else where it is installed.
  std::string migrations() {
    if (auto const t = m_.text_opt("migrations_dir"); t && !t->empty()) return path(m_, *t);
    std::error_code ec;
    auto const program = fs::read_symlink("/proc/self/exe", ec);
    for (auto dir = ec ? fs::path{} : program.parent_path(); dir.has_relative_path(); dir = dir.parent_path())
      for (auto const* below : {"deploy/postgres/migrations", "share/ioc/migrations"})
        if (fs::is_directory(dir / below, ec)) return (dir / below).string();
    return "/usr/share/ioc/migrations";
  }

  template <class F>
  void section(char const* key, F const& f) {
    if (auto const* n = m_.child(key)) run(key, *n, f);
  }
  template <class F>
  void optional_section(char const* key, F const& f) {
    if (auto const* n = m_.child_opt(key)) run(key, *n, f);
  }
  template <class F>
  void run(char const* key, node const& n, F const& f) {
    map_reader k(n, key, m_.context());
    if (!k.usable()) return;
    f(k);
    k.finish();
  }

  void pair(map_reader& k, std::string& certificate, std::string& key) {
    certificate = path(k, k.text_opt("certificate").value_or(""));
    key = path(k, k.text_opt("key").value_or(""));
    if (certificate.empty() != key.empty())
      k.fail(certificate.empty() ? "key" : "certificate", "stands alone", "certificate and key belong together: give both or neither");
  }

  static bool local(std::string const& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

  void http(map_reader& k) {
    auto& h = s_.http;
    h.address = k.text_opt("address").value_or(h.address);
    h.port = static_cast<std::uint16_t>(k.integer("port", 0, 65535));
    pair(k, h.certificate, h.key);
    h.allow_plain_outside = k.flag("allow_plain_outside", false);
    if (!local(h.address) && h.certificate.empty() && !h.allow_plain_outside)
      k.fail("address", h.address + " is reachable from outside and there is no certificate", "give certificate and key, or say allow_plain_outside: true");
    h.dashboard_dir = path(k, k.text_opt("dashboard_dir").value_or(""));
    h.geo_dir = path(k, k.text_opt("geo_dir").value_or(""));
  }

  void mqtt(map_reader& k) {
    auto& q = s_.mqtt;
    q.host = k.text_opt("host").value_or(q.host);
    q.port = static_cast<std::uint16_t>(k.integer("port", 1, 65535));
    q.user = k.text("user");
    q.password_file = path(k, k.text("password_file"));
    q.client_id = k.text_opt("client_id").value_or(q.client_id);
    if (q.client_id.empty()) k.fail("client_id", "is empty, so there would be no persistent session", "write such as iocd");
    q.ca = path(k, k.text_opt("ca").value_or(""));
    pair(k, q.certificate, q.key);
    q.allow_plain_outside = k.flag("allow_plain_outside", false);
    if (!local(q.host) && q.ca.empty() && !q.allow_plain_outside)
      k.fail("host", q.host + " is another machine and the password would travel in plain", "give ca, or say allow_plain_outside: true");
    q.admin_user = k.text_opt("admin_user").value_or("");
    q.admin_password_file = path(k, k.text_opt("admin_password_file").value_or(""));
    if (q.admin_user.empty() != q.admin_password_file.empty())
      k.fail(q.admin_user.empty() ? "admin_password_file" : "admin_user", "stands alone", "admin_user and admin_password_file belong together: give both or neither");
    q.accounts_file = path(k, k.text_opt("accounts_file").value_or(""));
    q.broker_log = path(k, k.text_opt("broker_log").value_or(""));
    q.device_address = k.text_opt("device_address").value_or("");
    if (!q.device_address.empty() && !q.device_address.starts_with("mqtt://") && !q.device_address.starts_with("mqtts://"))
      k.fail("device_address", "is no broker's address", "write mqtts://HOST:8883");
    q.broker_pid_file = path(k, k.text_opt("broker_pid_file").value_or(""));
  }

  // One level of an MQTT topic, as Sparkplug's ids are.
  static bool one_level(std::string const& id) { return !id.empty() && id.size() <= 128 && id.find_first_of(std::string_view("/+#\0", 4)) == std::string::npos; }

  void sparkplug(map_reader& k) {
    auto& p = s_.sparkplug;
    p.host_id = k.text("host_id");
    if (k.has("host_id") && !one_level(p.host_id)) k.fail("host_id", "\"" + p.host_id + "\" is no host id", "write one word without '/', '+' and '#', such as ioc-xa");
    if (k.has("unit")) p.unit = k.code("unit");
    if (auto const* map = k.child_opt("groups")) {
      if (!map->is_map()) k.fail("groups", "a map group: unit is expected", "write {Tram bom: \"03478\"}");
      for (auto const& e : map->entries) {
        bool const code = e.value.is_scalar() && e.value.quoted && !e.value.scalar.empty();
        if (!one_level(e.key) || e.key == "STATE") k.context().fail(e.line, k.place("groups") + "." + e.key, "is no Sparkplug group", "a group holds no '/', '+', '#' and is not STATE");
        else if (code) p.groups[e.key] = e.value.scalar;
        else k.context().fail(e.line, k.place("groups") + "." + e.key, "the code of a unit in quotes is expected", "write such as \"03478\"");
      }
    }
    if (p.unit.empty() && p.groups.empty() && !p.host_id.empty()) k.fail("unit", "neither unit nor groups is given: whose are the edge nodes?", "write unit: \"03478\", or groups: {Group: \"03478\"}");
    p.reorder_s = k.number_opt("reorder_s", 0).value_or(p.reorder_s);
    p.rebirth_every_s = k.number_opt("rebirth_every_s", 1).value_or(p.rebirth_every_s);
    if (p.reorder_s > 3600) k.fail("reorder_s", "is more than an hour", "write seconds, such as 5");
    if (p.rebirth_every_s > 86400) k.fail("rebirth_every_s", "is more than a day", "write seconds, such as 60");
  }

  map_reader& m_;
  fs::path base_;
  server_settings s_;
};

}  // namespace

server_settings load_server(std::string const& path, bool folders_are_there) {
  auto const root = parse_file(path);
  fault_list faults;
  file_context const c{path, faults};
  map_reader m(root, "", c);
  faults.throw_if_any();
  std::error_code ec;
  auto const absolute = fs::absolute(path, ec);
  auto s = settings_reader(m, absolute.parent_path()).read();
  s.path = absolute.string();
  m.finish();
  if (folders_are_there && faults.empty() && !fs::is_directory(s.config_dir, ec))
    m.fail("config_dir", s.config_dir + " is no folder", "name the folder that holds metrics.yaml, units/, rules/ …");
  faults.throw_if_any();
  return s;
}

std::string read_secret(std::string const& path, std::string const& key, std::string const& settings_file) {
  if (path.empty()) return {};
  std::ifstream in(path);
  std::string line;
  if (!in)
    throw config_error(fault{settings_file, 0, key, path + " cannot be read: " + std::strerror(errno),
                             "create it (mode 0600) with the password in its first line"});
  std::getline(in, line);
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) throw config_error(fault{settings_file, 0, key, path + " is empty", "write the password into its first line"});
  return line;
}

}  // namespace ioc::config
