#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

namespace ioc::mqtt {

// One publish that the broker's ACL refused. `account` is empty when the line of its connect was not seen.
struct denied_publish {
  std::string account, client, topic;
};

// Understands the lines of Mosquitto's log that matter here: who connects under which client id ("New client connected from … as ID
// (… u'USER')", notice) and whose publish was refused ("Denied PUBLISH from ID (…, 'TOPIC', …)", debug). Remembers at most 50,000
// clients, the oldest forgotten first. Pure; one thread.
class broker_log_reader {
 public:
  // Throws nothing; a line that says nothing of interest gives nothing.
  std::optional<denied_publish> take(std::string_view line);

 private:
  void remember(std::string client, std::string account);
  std::unordered_map<std::string, std::pair<std::string, std::list<std::string>::iterator>> accounts_;
  std::list<std::string> order_;
};

// Follows a log file that the broker writes, from its end at the start, four times a second, on a thread of its own; a file that was
// rotated (another inode) or cut is begun anew. Counts refused publishes by account: at most 10,000 accounts, then under "…". A server
// kind (command, drill, receipt) that somebody else tried to write is told to `on_forged`, on the thread here.
class broker_log {
 public:
  broker_log(std::filesystem::path file, std::function<void(denied_publish const&)> on_forged);
  ~broker_log();
  broker_log(broker_log const&) = delete;
  broker_log& operator=(broker_log const&) = delete;
  void start();
  void stop();

  std::map<std::string, std::uint64_t> denied() const;
  std::uint64_t denied(std::string const& account) const;
  std::string trouble() const;  // why it cannot be followed

 private:
  void run();
  void read_on();
  void count(denied_publish const& d);

  std::filesystem::path const file_;
  std::function<void(denied_publish const&)> on_forged_;
  broker_log_reader reader_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  int fd_ = -1;
  std::uint64_t inode_ = 0;
  std::int64_t offset_ = 0;
  bool first_ = true;
  std::string rest_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> denied_;
  std::string trouble_;
};

}  // namespace ioc::mqtt
