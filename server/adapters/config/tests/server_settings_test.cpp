#include "adapters/config/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace ioc;

namespace {

class settings_file : public testing::Test {
 protected:
  settings_file() {
    auto pattern = (fs::temp_directory_path() / "ioc-settings-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    dir = pattern;
    fs::create_directory(dir / "config");
  }
  ~settings_file() override {
    std::error_code ec;
    fs::remove_all(dir, ec);
  }
  std::string write(std::string const& text) {
    auto const p = (dir / "iocd.yaml").string();
    std::ofstream(p) << text;
    return p;
  }
  fs::path dir;
};

TEST_F(settings_file, is_read_with_defaults_and_absolute_paths) {
  auto const s = config::load_server(write(R"(
data_dir: state
config_dir: config
http: {port: 0, dashboard_dir: web}
mqtt: {port: 1884, user: ioc-server, password_file: secrets/mqtt, broker_pid_file: /run/m.pid}
postgres: {url: "postgresql://ioc@127.0.0.1:5433/ioc", password_file: secrets/pg}
journal: {max_mib: 64, segment_mib: 8}
retention: {raw_days: 30, minute_days: 30, rejected_days: 0}
shares: {database_mib: 2048}
quotas: {gateway_per_s: 50000, publishers: {"03478/WL-01": 2500.5, 03478.hub: 0}}
log: {level: debug}
first_login_changes_password: false
)"));
  EXPECT_EQ(s.data_dir, (dir / "state").string());
  EXPECT_EQ(s.http.address, "127.0.0.1");
  EXPECT_EQ(s.http.port, 0);
  EXPECT_EQ(s.http.dashboard_dir, (dir / "web").string());
  EXPECT_EQ(s.mqtt.port, 1884);
  EXPECT_EQ(s.mqtt.client_id, "iocd");
  EXPECT_EQ(s.mqtt.password_file, (dir / "secrets/mqtt").string());
  EXPECT_EQ(s.mqtt.broker_pid_file, "/run/m.pid");
  EXPECT_EQ(s.journal.segment_mib, 8u);
  EXPECT_EQ(s.journal.sync, std::chrono::milliseconds{100});
  EXPECT_EQ(s.retention.raw_days, 30);
  EXPECT_EQ(s.retention.minute_days, 30);
  EXPECT_EQ(s.retention.hour_days, 1830);
  EXPECT_EQ(s.retention.rejected_days, 0);
  EXPECT_EQ(s.shares.database_mib, 2048);
  EXPECT_EQ(s.quotas.device_per_s, 1000);
  EXPECT_EQ(s.quotas.gateway_per_s, 50'000);
  EXPECT_EQ(s.quotas.publishers, (std::map<std::string, double>{{"03478.hub", 0}, {"03478/WL-01", 2500.5}}));
  EXPECT_EQ(s.log.level, "debug");
  EXPECT_FALSE(s.first_login_changes_password);
  // The test runs from a build tree below the sources.
  EXPECT_TRUE(s.migrations_dir.ends_with("migrations"));
}

TEST_F(settings_file, the_example_that_is_shipped_is_whole) {
  std::ifstream in(std::string(IOC_SOURCE_DIR) + "/config/server.example.yaml");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  auto const at = text.find("config_dir: /etc/ioc ");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 21, "config_dir: config  ");  // /etc/ioc is not here
  auto const s = config::load_server(write(text));
  EXPECT_EQ(s.http.port, 8080);
  EXPECT_EQ(s.journal.max_mib, 1024u);
  EXPECT_TRUE(s.first_login_changes_password);
}

TEST_F(settings_file, sparkplug_is_off_unless_asked_for_and_names_its_units) {
  std::string const rest = R"(
data_dir: state
config_dir: config
http: {port: 0}
mqtt: {port: 1884, user: u, password_file: p}
postgres: {url: "postgresql://ioc@127.0.0.1:5433/ioc"}
)";
  EXPECT_FALSE(config::load_server(write(rest)).sparkplug.on());
  auto const s = config::load_server(write(rest + "sparkplug: {host_id: ioc-xa, unit: \"03478\", groups: {Tram bom: \"09367\"}, reorder_s: 0.5}\n")).sparkplug;
  EXPECT_TRUE(s.on());
  EXPECT_EQ(s.unit, "03478");
  EXPECT_EQ(s.groups, (std::map<std::string, std::string>{{"Tram bom", "09367"}}));
  EXPECT_EQ(s.reorder_s, 0.5);
  EXPECT_EQ(s.rebirth_every_s, 60);
  for (std::string const bad : {"{host_id: ioc-xa}", "{host_id: a/b, unit: \"03478\"}", "{unit: \"03478\"}", "{host_id: a, groups: {\"x#\": \"03478\"}}",
                                "{host_id: a, groups: {x: 03478}}", "{host_id: a, unit: \"03478\", rebirth_every_s: 0}", "{host_id: a, unit: \"03478\", primary: true}"})
    EXPECT_THROW(config::load_server(write(rest + "sparkplug: " + bad + "\n")), config::config_error) << bad;
}

TEST_F(settings_file, secrets_are_first_lines) {
  auto const file = (dir / "secret").string();
  std::ofstream(file) << "s3cret\r\nmore\n";
  EXPECT_EQ(config::read_secret(file, "mqtt.password_file", "iocd.yaml"), "s3cret");
  EXPECT_EQ(config::read_secret("", "mqtt.password_file", "iocd.yaml"), "");
  std::ofstream(file, std::ios::trunc) << "\n";
  EXPECT_THROW(config::read_secret(file, "mqtt.password_file", "iocd.yaml"), config::config_error);
  try {
    config::read_secret((dir / "none").string(), "mqtt.password_file", "iocd.yaml");
    FAIL();
  } catch (config::config_error const& e) {
    EXPECT_EQ(e.key(), "mqtt.password_file");
    EXPECT_EQ(e.file(), "iocd.yaml");
  }
}

}  // namespace
