#pragma once
#include "adapters/web/backend.hpp"

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace ioc::web {

// Who sees what: a user's unit and those below it. Keeps the tree for 30 s, and beyond while the database is away.
// Thread-safe.
class scope {
 public:
  scope(backend& b, std::function<core::time_point()> clock) : backend_(b), clock_(std::move(clock)) {}
  // `unit` itself is always in it; empty for a user without a unit, who sees nothing.
  std::set<std::string> below(std::string const& unit);
  // The same from the tree in memory: asks nobody, for the I/O thread.
  std::set<std::string> below_known(std::string const& unit);
  std::vector<unit_node> tree();

 private:
  backend& backend_;
  std::function<core::time_point()> clock_;
  std::mutex mutex_;
  std::vector<unit_node> tree_;
  core::time_point fetched_{};
};

}  // namespace ioc::web
