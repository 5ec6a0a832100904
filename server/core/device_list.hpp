#pragma once
#include "core/unit.hpp"

#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace ioc::core {

// Devices in an order. Each is shared with every other list that holds it and is never changed in place: with 100,000 devices the
// registry, the catalogue and the rules name the same ones, and a copy of each would cost more than all that they say. Looks like a
// vector of devices to a reader; a change is another device in its place. Any thread may read; a list itself has one owner.
class device_list {
 public:
  using pointer = std::shared_ptr<device const>;

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = device;
    using difference_type = std::ptrdiff_t;
    using pointer = device const*;
    using reference = device const&;
    const_iterator() = default;
    explicit const_iterator(std::vector<device_list::pointer>::const_iterator at) : at_(at) {}
    reference operator*() const { return **at_; }
    pointer operator->() const { return at_->get(); }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    const_iterator operator++(int) { return const_iterator{at_++}; }
    bool operator==(const_iterator const&) const = default;

   private:
    std::vector<device_list::pointer>::const_iterator at_;
  };

  device_list() = default;
  device_list(std::vector<device> all) {  // implicit: who loads or writes down devices has them by value
    shared_.reserve(all.size());
    for (auto& d : all) push_back(std::move(d));
  }
  device_list(std::initializer_list<device> all) : device_list(std::vector<device>(all)) {}

  void push_back(device d) { shared_.push_back(std::make_shared<device const>(std::move(d))); }
  void push_back(pointer d) { shared_.push_back(std::move(d)); }
  void reserve(std::size_t n) { shared_.reserve(n); }
  void append(device_list const& more) { shared_.insert(shared_.end(), more.shared_.begin(), more.shared_.end()); }

  std::size_t size() const { return shared_.size(); }
  bool empty() const { return shared_.empty(); }
  device const& operator[](std::size_t i) const { return *shared_[i]; }
  device const& front() const { return *shared_.front(); }
  device const& back() const { return *shared_.back(); }
  const_iterator begin() const { return const_iterator{shared_.begin()}; }
  const_iterator end() const { return const_iterator{shared_.end()}; }
  std::vector<pointer> const& shared() const { return shared_; }

 private:
  std::vector<pointer> shared_;
};

}  // namespace ioc::core
