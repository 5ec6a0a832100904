#include "perceive/latest_values.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace ioc::perceive {

std::uint32_t latest_values::place_of(std::string_view name) const {
  if (!names_) return nowhere;
  auto const& order = names_->by_name;
  auto const it = std::lower_bound(order.begin(), order.end(), name, [&](std::uint32_t place, std::string_view n) { return names_->names[place] < n; });
  return it != order.end() && names_->names[*it] == name ? *it : nowhere;
}

latest_value const* latest_values::find(std::string_view name) const {
  auto const place = place_of(name);
  return place == nowhere ? nullptr : &values_[place];
}

latest_value const& latest_values::at(std::string_view name) const {
  if (auto const* v = find(name)) return *v;
  throw std::out_of_range("no value of " + std::string(name));
}

std::uint32_t latest_values::place_for(std::string const& name) {
  if (auto const place = place_of(name); place != nowhere) return place;
  if (!names_) names_ = std::make_shared<series_names>();
  else if (names_->pooled) {
    names_ = std::make_shared<series_names>(*names_);
    names_->pooled = false;
  }
  names_->add(name);
  values_.reserve(names_->names.size());  // exactly: most devices get all of theirs with the first message, and no more
  values_.emplace_back();
  return static_cast<std::uint32_t>(values_.size() - 1);
}

void latest_values::settle(series_pool& pool) {
  if (names_ && !names_->pooled) names_ = pool.share(std::move(names_));
}

void latest_values::restore(series_names_ptr names, std::vector<latest_value> values) {
  if (names && names->names.size() != values.size()) throw std::invalid_argument("as many values as names are needed");
  names_ = std::move(names);
  values_ = std::move(values);
}

void series_names::add(std::string const& name) {
  auto const place = static_cast<std::uint32_t>(names.size());
  names.push_back(name);
  by_name.insert(std::upper_bound(by_name.begin(), by_name.end(), name, [&](std::string const& n, std::uint32_t p) { return n < names[p]; }), place);
}

series_names_ptr series_pool::share(series_names_ptr names) {
  std::size_t hash = names->names.size();
  for (auto const& n : names->names) hash = hash * 1099511628211u ^ std::hash<std::string>{}(n);
  auto const [first, last] = lists_.equal_range(hash);
  for (auto i = first; i != last; ++i)
    if (auto known = i->second.lock(); known && known->names == names->names) return known;
  if (lists_.size() >= sweep_at_) {
    std::erase_if(lists_, [](auto const& l) { return l.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, lists_.size() * 2);
  }
  names->pooled = true;
  lists_.emplace(hash, names);
  return names;
}

}  // namespace ioc::perceive
