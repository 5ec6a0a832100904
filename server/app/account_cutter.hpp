#pragma once
#include "pipeline/flood_book.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace ioc::app {

// The account at the broker behind a flood's topic: a device's, a gateway's, a Sparkplug edge node's; empty where a topic names nobody's.
std::string account_of(pipeline::flood_case const& f);

// Disables the accounts of publishers that flood, on a thread of its own, so that the pipeline never waits for the broker. While the
// broker is away it tries again after 1, 2, 4 … 60 s, each time only as long as it is still wanted. What is not done when the server stops is
// in the pipeline's saved state and is handed over again by the next run. Also tells a broker that came back what was disabled before.
class account_cutter {
 public:
  struct answer {
    bool away = false;
    pipeline::cut_state is = pipeline::cut_state::wanted;
    std::string why;
  };
  struct calls {
    std::function<answer(std::string const& account)> disable;  // may take seconds
    std::function<bool(std::string const& publisher)> still_wanted;
    std::function<void(std::string const& publisher, pipeline::cut_state is, std::string const& account, std::string const& why)> done;
    std::function<bool()> may_repeat;  // false until the replay has come to its end
    std::function<void()> repeat;
  };
  explicit account_cutter(calls c) : calls_(std::move(c)) {}
  ~account_cutter() { stop(); }
  account_cutter(account_cutter const&) = delete;
  account_cutter& operator=(account_cutter const&) = delete;
  void start();
  void stop();

  // From any thread; returns at once.
  void want(std::string const& publisher, pipeline::flood_case const& f);
  void broker_is_back();

 private:
  using clock = std::chrono::steady_clock;
  struct job {
    std::string account;
    clock::time_point next;
    std::chrono::seconds wait{1};
  };
  void run();
  bool attempt(std::string const& publisher, job& j);  // true = nothing is left to do

  calls calls_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, job> jobs_;
  bool stopping_ = false, repeat_ = false;
};

}  // namespace ioc::app
