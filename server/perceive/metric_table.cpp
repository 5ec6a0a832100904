#include "perceive/metric_table.hpp"

#include <stdexcept>

namespace ioc::perceive {

std::pair<std::string_view, std::string_view> split_channel(std::string_view metric) {
  auto const slash = metric.find('/');
  if (slash == std::string_view::npos) return {metric, {}};
  return {metric.substr(0, slash), metric.substr(slash + 1)};
}

metric_table::metric_table(std::vector<metric_info> rows) : rows_(std::move(rows)) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& r = rows_[i];
    if (r.name.empty() || r.name.find('/') != std::string::npos)
      throw std::invalid_argument("metric \"" + r.name + "\": a name is not empty and holds no '/'");
    if (r.low && r.high && *r.low > *r.high) throw std::invalid_argument("metric " + r.name + ": low is above high");
    if (!by_name_.emplace(r.name, i).second) throw std::invalid_argument("metric " + r.name + " stands twice");
  }
  auto const add = [this](std::string const& alias, std::string full) {
    if (alias.empty() || alias.find('/') != std::string::npos)
      throw std::invalid_argument("alias \"" + alias + "\" of " + full + ": an alias is not empty and holds no '/'");
    if (by_name_.count(alias)) throw std::invalid_argument("alias " + alias + " of " + full + " is itself a metric");
    if (!by_alias_.emplace(alias, full).second) throw std::invalid_argument("alias " + alias + " stands twice");
  };
  for (auto const& r : rows_) {
    for (auto const& a : r.aliases) add(a, r.name);
    for (auto const& [a, channel] : r.channel_aliases) add(a, r.name + "/" + channel);
  }
}

std::string metric_table::canonical(std::string_view metric) const {
  auto const [base, channel] = split_channel(metric);
  auto const it = by_alias_.find(base);
  if (it == by_alias_.end()) return std::string(metric);
  if (channel.empty()) return it->second;
  return it->second + "/" + std::string(channel);
}

metric_info const* metric_table::find(std::string_view metric) const {
  auto const it = by_name_.find(split_channel(metric).first);
  return it == by_name_.end() ? nullptr : &rows_[it->second];
}

}  // namespace ioc::perceive
