#include "adapters/postgres/tests/cluster.hpp"
#include "adapters/web/password.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace ioc;
using postgres::test::cluster;
using testing::HasSubstr;
using testing::StartsWith;

// iocctl against a real PostgreSQL that the test starts itself.
namespace {

struct answer {
  int code = -1;
  std::string text;
};

class with_database : public testing::Test {
 protected:
  with_database() {
    auto pattern = (fs::temp_directory_path() / "ioc-ctl-db-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    dir = pattern;
    database = cluster::get().make_database();
    auto const o = cluster::get().options_for(database);
    std::ofstream(dir / "iocd.yaml") << "data_dir: state\nconfig_dir: " << IOC_SOURCE_DIR << "/config\nmigrations_dir: " << o.migrations_dir.string() << "\nhttp: {port: 0}\n"
                                     << "mqtt: {port: 1883, user: ioc-server, password_file: none}\npostgres:\n  url: \"" << o.url << "\"\n  password_file: " << o.password_file << "\n";
  }
  ~with_database() override {
    std::error_code ec;
    fs::remove_all(dir, ec);
  }
  answer iocctl(std::string const& words, std::string const& input = "") {
    std::ofstream(dir / "input") << input;
    answer a;
    auto* pipe = ::popen((std::string(IOCCTL) + " " + words + " --config " + (dir / "iocd.yaml").string() + " < " + (dir / "input").string() + " 2>&1").c_str(), "r");
    char buffer[4096];
    while (auto const n = std::fread(buffer, 1, sizeof buffer, pipe)) a.text.append(buffer, n);
    auto const status = ::pclose(pipe);
    a.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return a;
  }
  std::string sql(std::string const& text) { return cluster::get().sql(database, text); }
  fs::path dir;
  std::string database;
};

TEST_F(with_database, accounts_are_made_listed_and_get_new_passwords) {
  // The very first account comes before the first start of iocd: the tables are made on the way.
  auto const added = iocctl("user add --user huong --role duty_officer --unit 03478 --name 'Lò Thị Hương' --password-stdin", "một mật khẩu dài\n");
  ASSERT_EQ(added.code, 0) << added.text;
  auto const hash = sql("select password_hash from user_account where name = 'huong'");
  EXPECT_THAT(hash, StartsWith("$argon2id$"));
  auto const trimmed = hash.substr(0, hash.find('\n'));
  EXPECT_TRUE(web::verify_password(trimmed, "một mật khẩu dài"));
  EXPECT_FALSE(web::verify_password(trimmed, "một mật khẩu dài "));
  EXPECT_THAT(sql("select must_change from user_account where name = 'huong'"), StartsWith("t"));

  auto const again = iocctl("user add --user huong --role commune_leader --unit 03478 --name 'Lò Thị Hương' --password-stdin", "another long password\n");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.text, HasSubstr("is there already"));
  EXPECT_EQ(sql("select password_hash from user_account where name = 'huong'"), hash);
  EXPECT_THAT(sql("select role from user_account where name = 'huong'"), StartsWith("commune_leader"));

  EXPECT_EQ(iocctl("user add --user admin --role admin --unit vn --name Admin --password-stdin --no-change", "a long enough password\n").code, 0);
  EXPECT_THAT(sql("select must_change from user_account where name = 'admin'"), StartsWith("f"));
  auto const list = iocctl("user list --json");
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.text, HasSubstr("\"user\":\"huong\",\"name\":\"Lò Thị Hương\",\"role\":\"commune_leader\",\"unit\":\"03478\""));
  EXPECT_THAT(list.text, Not(HasSubstr("argon2")));

  EXPECT_EQ(iocctl("user passwd --user huong --password-stdin --no-change", "the third password\n").code, 0);
  auto const third = sql("select password_hash from user_account where name = 'huong'");
  EXPECT_TRUE(web::verify_password(third.substr(0, third.find('\n')), "the third password"));
  EXPECT_EQ(iocctl("user passwd --user nobody --password-stdin", "the third password\n").code, 1);
}

TEST_F(with_database, accounts_that_would_not_work_are_refused) {
  struct row {
    char const* words;
    char const* input;
    char const* says;
  };
  for (auto const& r : {row{"user add --user a --role duty_ofcer --unit 03478 --name A --password-stdin", "a long enough password\n", "did you mean \"duty_officer\"?"},
                        row{"user add --user a --role officer --unit 03479 --name A --password-stdin", "a long enough password\n", "did you mean \"03478\"?"},
                        row{"user add --user a --role officer --unit 03478 --name A --password-stdin", "short\n", "at least 12 characters"},
                        row{"user add --user a --role officer --unit 03478 --name A", "a long enough password\n", "add --password-stdin"}}) {
    auto const a = iocctl(r.words, r.input);
    EXPECT_EQ(a.code, 2) << r.words;
    EXPECT_THAT(a.text, HasSubstr(r.says));
  }
}

TEST_F(with_database, ledger_and_devices_as_the_database_has_them) {
  EXPECT_EQ(iocctl("user add --user a --role admin --unit vn --name A --password-stdin", "a long enough password\n").code, 0);
  auto const none = iocctl("ledger");
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.text, HasSubstr("has not written"));
  sql("insert into position values (0, 4711, '{\"total\": {\"received\": 3}}', gen_random_uuid(), '2027-07-24 16:50:00.5+00')");
  auto const some = iocctl("ledger --json");
  EXPECT_EQ(some.code, 0);
  EXPECT_EQ(some.text, "{\"items\":[{\"shard\":0,\"position\":4711,\"committed_at\":\"2027-07-24T16:50:00.500Z\",\"ledger\":{\"total\": {\"received\": 3}}}]}\n");
  sql("insert into device_live values ('03478', 'WL-01', '{\"connection\": \"online\"}', now())");
  auto const devices = iocctl("device list --unit 03478 --json");
  EXPECT_EQ(devices.code, 0);
  EXPECT_THAT(devices.text, HasSubstr("\"device\":\"WL-01\""));
  EXPECT_THAT(devices.text, HasSubstr("\"live\":{\"connection\": \"online\"}"));
  EXPECT_THAT(devices.text, Not(HasSubstr("TBA-01")));
  EXPECT_EQ(iocctl("device list --unit 99999").code, 2);
}

TEST_F(with_database, that_is_away_is_told_in_one_sentence) {
  cluster::get().stop();
  auto const a = iocctl("user list");
  cluster::get().start();
  EXPECT_EQ(a.code, 2);
  EXPECT_THAT(a.text, StartsWith("iocctl: "));
  EXPECT_EQ(std::count(a.text.begin(), a.text.end(), '\n'), 1);
}

}  // namespace
