#pragma once
#include "core/time.hpp"
#include "core/value.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ioc::perceive {

// The newest value of one series by event time.
struct latest_value {
  core::value v;
  core::quality q = core::quality::good;
  core::time_point t;
  core::time_point known_at;
  core::time_point since;  // it has not changed from then on

  template <class A>
  void io(A& a) {
    a(v, q, t, known_at, since);
  }
};

// The names of a device's series, in the order in which they were first heard. `pooled`: shared, and changed no more.
struct series_names {
  std::vector<std::string> names;
  std::vector<std::uint32_t> by_name;  // places, sorted by name
  bool pooled = false;
  void add(std::string const& name);
};
using series_names_ptr = std::shared_ptr<series_names>;

// One list of names for all devices that say the same; it goes with the last of them. Owned by the hearer, on its thread.
class series_pool {
 public:
  series_names_ptr share(series_names_ptr names);
  std::size_t size() const { return lists_.size(); }  // with those that have gone and were not swept yet

 private:
  std::unordered_multimap<std::size_t, std::weak_ptr<series_names>> lists_;  // by hash
  std::size_t sweep_at_ = 64;
};

// The newest values of one device by the canonical "metric" or "metric/channel": as a map, but without a name of its own for each
// value, as thousands of devices say the same. A place, once given, stays. Read in the order of names. Owned by the device's view; the
// lists of names are shared within the hearer's thread only.
class latest_values {
 public:
  static constexpr std::uint32_t nowhere = ~0u;
  class const_iterator {
   public:
    using value_type = std::pair<std::string const&, latest_value const&>;
    const_iterator(latest_values const& of, std::size_t rank) : of_(&of), rank_(rank) {}
    value_type operator*() const {
      auto const place = of_->names_->by_name[rank_];
      return {of_->names_->names[place], of_->values_[place]};
    }
    const_iterator& operator++() {
      ++rank_;
      return *this;
    }
    bool operator==(const_iterator const& o) const { return rank_ == o.rank_; }

   private:
    latest_values const* of_;
    std::size_t rank_;
  };

  std::size_t size() const { return values_.size(); }
  const_iterator begin() const { return {*this, 0}; }
  const_iterator end() const { return {*this, values_.size()}; }
  std::uint32_t place_of(std::string_view name) const;  // nowhere: there is none yet
  latest_value const* find(std::string_view name) const;
  latest_value const& at(std::string_view name) const;  // throws std::out_of_range
  latest_value& in(std::uint32_t place) { return values_[place]; }
  latest_value const& in(std::uint32_t place) const { return values_[place]; }
  // The place of the name, made where there is none; settle() comes behind the last.
  std::uint32_t place_for(std::string const& name);
  void settle(series_pool& pool);

  series_names const* names() const { return names_.get(); }
  std::vector<latest_value> const& values() const { return values_; }
  // As saved: `names` of the same size.
  void restore(series_names_ptr names, std::vector<latest_value> values);

 private:
  series_names_ptr names_;
  std::vector<latest_value> values_;
};

}  // namespace ioc::perceive
