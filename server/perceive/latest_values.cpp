#include "perceive/latest_values.hpp"

#include <algorithm>
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

std::uint32_t latest_values::place_for(std::string const& name, series_names_ptr const& none) {
  if (auto const place = place_of(name); place != nowhere) return place;
  names_ = with_name(names_ ? names_ : none, name);
  values_.reserve(names_->names.size());  // exactly: most devices get all of theirs with the first message, and no more
  values_.emplace_back();
  return static_cast<std::uint32_t>(values_.size() - 1);
}

void latest_values::restore(series_names_ptr names, std::vector<latest_value> values) {
  if (names && names->names.size() != values.size()) throw std::invalid_argument("as many values as names are needed");
  names_ = std::move(names);
  values_ = std::move(values);
}

series_names_ptr with_name(series_names_ptr const& from, std::string const& name) {
  auto& there = from->longer[name];
  if (auto known = there.lock()) return known;
  auto const made = std::make_shared<series_names>();
  made->names = from->names;
  made->names.push_back(name);
  made->by_name = from->by_name;
  auto const place = static_cast<std::uint32_t>(from->names.size());
  made->by_name.insert(std::upper_bound(made->by_name.begin(), made->by_name.end(), name, [&](std::string const& n, std::uint32_t p) { return n < made->names[p]; }), place);
  there = made;
  if (from->longer.size() >= 64 && (from->longer.size() & (from->longer.size() - 1)) == 0)
    std::erase_if(from->longer, [&](auto const& l) { return l.second.expired(); });
  return made;
}

}  // namespace ioc::perceive
