#include "adapters/mqtt/accounts_file.hpp"
#include "adapters/mqtt/broker_accounts.hpp"
#include "adapters/mqtt/broker_log.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace ioc::mqtt;
namespace fs = std::filesystem;

namespace {

struct folder {
  fs::path dir;
  folder() {
    auto name = (fs::temp_directory_path() / "ioc-accounts-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    dir = name;
  }
  ~folder() { fs::remove_all(dir); }
};

bool eventually(std::function<bool()> const& it) {
  for (int i = 0; i < 400; ++i) {
    if (it()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

TEST(accounts_file, keeps_what_it_does_not_change_and_refuses_a_file_that_moved) {
  folder const f;
  auto const path = f.dir / "accounts.json";
  std::ofstream(path) << R"({"defaultACLAccess":{"subscribe":false},"clients":[{"username":"ioc-server","password":"x"}],"roles":[{"rolename":"device"}]})";
  accounts_file file(path);
  for (int i = 0; i < 5000; ++i) file.put_device("03478", "D-" + std::to_string(i), new_broker_password());
  file.put_device("03478", "D-7", new_broker_password());
  file.save();
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  accounts_file again(path);
  EXPECT_EQ(again.size(), 5001u);
  EXPECT_TRUE(again.has("ioc-server"));
  EXPECT_TRUE(again.has("03478/D-4999"));
  std::string const text{std::istreambuf_iterator<char>(std::ifstream(path).rdbuf()), {}};
  EXPECT_NE(text.find(R"("defaultACLAccess":{"subscribe":false})"), std::string::npos);
  std::ofstream(path, std::ios::app) << "\n";
  again.put_device("03478", "D-1", "x");
  EXPECT_THROW(again.save(), std::runtime_error) << "the broker has written it meanwhile";
  std::ofstream(f.dir / "other.json") << "[]";
  EXPECT_THROW(accounts_file(f.dir / "other.json"), std::runtime_error);
  EXPECT_THROW(accounts_file(f.dir / "none.json"), std::runtime_error);
}

TEST(broker_log, knows_whose_publish_was_refused) {
  broker_log_reader r;
  EXPECT_FALSE(r.take("2027-07-24T16:50:00: New client connected from 127.0.0.1:4242 as wl 01 (p2, c1, k60, u'03478/WL-01')."));
  auto const d = r.take("2027-07-24T16:50:01: Denied PUBLISH from wl 01 (d0, q1, r0, m1, 'ioc/v1/03478/S-01/command', ... (12 bytes))");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->account, "03478/WL-01");
  EXPECT_EQ(d->topic, "ioc/v1/03478/S-01/command");
  auto const unknown = r.take("1600000000: Denied PUBLISH from other (d0, q0, r0, m0, 'a, 'b', ... (1 bytes))");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->account, "");
  EXPECT_EQ(unknown->topic, "a, 'b");
  EXPECT_FALSE(r.take("1: Received PUBLISH from wl 01 (d0, q1, r0, m1, 'ioc/v1/03478/WL-01/telemetry', ... (1 bytes))"));
  EXPECT_FALSE(r.take("Denied PUBLISH from"));
  EXPECT_FALSE(r.take(""));
}

TEST(broker_log, is_followed_over_rotation_and_cutting) {
  folder const f;
  auto const path = f.dir / "mosquitto.log";
  std::string const connect = "1: New client connected from 127.0.0.1:1 as c (p2, c1, k60, u'03478/WL-01').\n";
  std::string const denied = "2: Denied PUBLISH from c (d0, q1, r0, m1, 'ioc/v1/03478/WL-02/telemetry', ... (1 bytes))\n";
  std::string const forged = "2: Denied PUBLISH from c (d0, q1, r0, m1, 'ioc/v1/03478/S-01/drill', ... (1 bytes))\n";
  std::ofstream(path) << connect << denied;  // before our time: known, not counted
  std::atomic<int> alarms{0};
  broker_log log(path, [&](denied_publish const& d) { alarms += d.topic == "ioc/v1/03478/S-01/drill" && d.account == "03478/WL-01"; });
  log.start();
  std::this_thread::sleep_for(std::chrono::milliseconds{400});
  EXPECT_EQ(log.denied("03478/WL-01"), 0u);
  std::ofstream(path, std::ios::app) << denied << denied.substr(0, 20);
  EXPECT_TRUE(eventually([&] { return log.denied("03478/WL-01") == 1; }));
  std::ofstream(path, std::ios::app) << denied.substr(20);
  EXPECT_TRUE(eventually([&] { return log.denied("03478/WL-01") == 2; }));
  fs::rename(path, f.dir / "mosquitto.log.1");
  std::ofstream(path) << forged;
  EXPECT_TRUE(eventually([&] { return log.denied("03478/WL-01") == 3; }));
  EXPECT_EQ(alarms, 1);
  fs::resize_file(path, 0);  // as logrotate's copytruncate does
  std::this_thread::sleep_for(std::chrono::milliseconds{400});
  std::ofstream(path, std::ios::app) << denied;
  EXPECT_TRUE(eventually([&] { return log.denied("03478/WL-01") == 4; }));
  fs::remove(path);
  std::this_thread::sleep_for(std::chrono::milliseconds{300});
  std::ofstream(path) << connect << forged;
  EXPECT_TRUE(eventually([&] { return alarms >= 2; }));
}

}  // namespace
