#pragma once
#include "adapters/web/problem.hpp"
#include "core/time.hpp"

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace ioc::web {

// Answers of writes that carried an Idempotency-Key, for 24 h: the same write again gets the same answer and does nothing.
// In memory, at most 10,000 answers and 32 MiB, the oldest forgotten first. Thread-safe.
class answered_writes {
 public:
  enum class verdict { fresh, repeat, in_flight, other_request };
  struct found {
    verdict what = verdict::fresh;
    response answer;
  };
  // `fresh` reserves the key: the caller ends with keep() or drop(). `print` tells one request from another.
  found begin(std::string const& key, std::string const& print, core::time_point now);
  void keep(std::string const& key, response const& answer);
  void drop(std::string const& key);

 private:
  struct entry {
    std::string print;
    core::time_point at;
    std::optional<response> answer;
    std::list<std::string>::iterator place;
  };
  void forget(std::string const& key);

  std::mutex mutex_;
  std::unordered_map<std::string, entry> entries_;
  std::list<std::string> order_;
  std::size_t bytes_ = 0;
};

}  // namespace ioc::web
