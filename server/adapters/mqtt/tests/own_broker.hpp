#pragma once
#include "adapters/mqtt/client.hpp"

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <mutex>

namespace ioc::mqtt::test {

// A real Mosquitto of one test: own directory, free port on 127.0.0.1, one account that may do all but touch denied/#.
class own_broker {
 public:
  explicit own_broker(bool persistent = true, bool tls = false, std::string const& more_settings = {});
  ~own_broker();
  own_broker(own_broker const&) = delete;
  own_broker& operator=(own_broker const&) = delete;

  void start();
  void signal(int number) const;
  void end(int number);  // SIGTERM or SIGKILL, and waits for it
  // Waits until the sessions were saved after `since` (the time of a file that did not exist is the lowest).
  std::filesystem::file_time_type saved_at() const;
  bool wait_saved_after(std::filesystem::file_time_type since) const;

  options as(std::string client_id, std::vector<std::string> filters) const;
  std::filesystem::path const& dir() const { return dir_; }
  std::filesystem::path pid_file() const { return dir_ / "pid"; }
  // mosquitto_pub with these arguments after host, port and account; the text goes to its input. Exit status.
  int pub(std::string const& arguments, std::string const& input = {}) const;
  // What mosquitto_sub prints with these arguments.
  std::string sub(std::string const& arguments) const;

 private:
  std::string account() const;
  std::filesystem::path dir_;
  int port_ = 0;
  pid_t pid_ = -1;
  bool tls_;
};

// A sink that remembers; `answer` decides what it says.
class collector {
 public:
  std::function<taken(incoming const&)> answer = [](incoming const&) { return taken::stored; };
  mqtt::sink sink();
  std::vector<std::string> payloads() const;
  std::vector<bool> retained() const;
  std::size_t count() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> payloads_;
  std::vector<bool> retained_;
};

// Polls until it is so; false after the time.
bool eventually(std::function<bool()> const& it, std::chrono::milliseconds at_most = std::chrono::seconds{20});

}  // namespace ioc::mqtt::test
