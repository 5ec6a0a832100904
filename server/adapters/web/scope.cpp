#include "adapters/web/scope.hpp"

namespace ioc::web {

std::vector<unit_node> scope::tree() {
  auto const now = clock_();
  {
    std::lock_guard const lock(mutex_);
    if (fetched_ != core::time_point{} && now - fetched_ < std::chrono::seconds{30}) return tree_;
  }
  try {
    auto fresh = backend_.units();
    std::lock_guard const lock(mutex_);
    tree_ = std::move(fresh);
    fetched_ = now;
    return tree_;
  } catch (unavailable const&) {
    std::lock_guard const lock(mutex_);
    if (fetched_ == core::time_point{}) throw;
    return tree_;
  }
}

namespace {
std::set<std::string> grown(std::string const& unit, std::vector<unit_node> const& nodes) {
  std::set<std::string> out;
  out.insert(unit);
  // The tree is three levels deep; a cycle in bad data ends the loop too.
  for (bool grew = true; grew;) {
    grew = false;
    for (auto const& n : nodes)
      if (out.contains(n.parent) && out.insert(n.code).second) grew = true;
  }
  return out;
}
}  // namespace

std::set<std::string> scope::below(std::string const& unit) {
  if (unit.empty()) return {};
  return grown(unit, tree());
}

std::set<std::string> scope::below_known(std::string const& unit) {
  if (unit.empty()) return {};
  std::lock_guard const lock(mutex_);
  return grown(unit, tree_);
}

}  // namespace ioc::web
