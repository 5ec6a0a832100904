#include "app/account_cutter.hpp"

#include "adapters/mqtt/broker_accounts.hpp"

#include <algorithm>
#include <vector>

namespace ioc::app {

using namespace std::chrono_literals;

std::string account_of(pipeline::flood_case const& f) {
  if (f.bridged) return mqtt::gateway_user(f.who.unit, f.who.device);
  if (f.topic.starts_with("ioc/v1/")) return mqtt::device_user(f.who.unit, f.who.device);
  if (!f.topic.starts_with("spBv1.0/")) return {};
  std::vector<std::string> levels;  // spBv1.0/GROUP/TYPE/NODE[/DEVICE]
  for (std::size_t from = 0; from <= f.topic.size();) {
    auto const end = std::min(f.topic.find('/', from), f.topic.size());
    levels.push_back(f.topic.substr(from, end - from));
    from = end + 1;
  }
  return levels.size() < 4 ? std::string{} : "spb:" + levels[1] + ":" + levels[3];
}

void account_cutter::start() {
  if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
}

void account_cutter::stop() {
  {
    std::lock_guard const lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void account_cutter::want(std::string const& publisher, pipeline::flood_case const& f) {
  {
    std::lock_guard const lock{mutex_};
    jobs_[publisher] = {account_of(f), clock::now(), 1s};
  }
  changed_.notify_all();
}

void account_cutter::broker_is_back() {
  {
    std::lock_guard const lock{mutex_};
    repeat_ = true;
    for (auto& [publisher, j] : jobs_) j.next = clock::now();
  }
  changed_.notify_all();
}

void account_cutter::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    auto const due = std::find_if(jobs_.begin(), jobs_.end(), [now = clock::now()](auto const& j) { return j.second.next <= now; });
    if (due != jobs_.end()) {
      auto const publisher = due->first;
      auto j = due->second;
      jobs_.erase(due);
      lock.unlock();
      bool const over = attempt(publisher, j);
      lock.lock();
      if (!over) jobs_.try_emplace(publisher, std::move(j));  // one that was wanted anew meanwhile stands
      continue;
    }
    if (repeat_) {
      lock.unlock();
      bool const may = calls_.may_repeat();
      if (may) calls_.repeat();
      lock.lock();
      if (may) {
        repeat_ = false;
        continue;
      }
    }
    auto until = clock::now() + (repeat_ ? 200ms : 60'000ms);
    for (auto const& [publisher, j] : jobs_) until = std::min(until, j.next);
    changed_.wait_until(lock, until);
  }
}

bool account_cutter::attempt(std::string const& publisher, job& j) {
  if (!calls_.still_wanted(publisher)) return true;
  if (j.account.empty()) return calls_.done(publisher, pipeline::cut_state::impossible, "", "the topic does not tell whose account it was"), true;
  auto const a = calls_.disable(j.account);
  if (!a.away) return calls_.done(publisher, a.is, j.account, a.why), true;
  j.next = clock::now() + j.wait;
  j.wait = std::min(j.wait * 2, 60s);
  return false;
}

}  // namespace ioc::app
