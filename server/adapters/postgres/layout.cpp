#include "adapters/postgres/layout.hpp"

#include <set>

namespace ioc::postgres {

layout_ptr layout_book::find(std::vector<std::string_view> const& metrics) {
  key_.clear();
  for (auto const m : metrics) key_.append(m).append(1, '\x1f');
  if (auto const it = known_.find(key_); it != known_.end()) return it->second;
  bool const several = metrics.size() > 1;
  if (several && known_.size() >= most_) return nullptr;
  // Single metrics are forgotten rather than refused: the database knows them by name.
  if (!several && known_.size() >= 4 * most_) known_.clear();
  layout_ptr made;
  if (std::set<std::string_view>(metrics.begin(), metrics.end()).size() == metrics.size())
    made = std::make_shared<reading_layout const>(reading_layout{{metrics.begin(), metrics.end()}});
  known_.emplace(key_, made);
  return made;
}

}  // namespace ioc::postgres
