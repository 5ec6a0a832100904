#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ioc::postgres {

// The metrics of a row of readings in the order of its values; immutable and shared by all rows of the kind.
struct reading_layout {
  std::vector<std::string> metrics;
};
using layout_ptr = std::shared_ptr<reading_layout const>;

// Finds the one layout for a list of metrics, so that a row carries a pointer instead of names. Owned by whoever makes rows
// (the pipeline's thread). Holds at most `most`: past that, lists of several metrics are refused (null) and their values are to be
// stored as rows of one metric each, so that a device which sends other combinations all the time makes no layouts without end.
// Also null for a list that names a metric twice: one row holds one value of a metric.
class layout_book {
 public:
  explicit layout_book(std::size_t most = 10'000) : most_(most) {}
  layout_ptr find(std::vector<std::string_view> const& metrics);
  std::size_t size() const { return known_.size(); }

 private:
  std::size_t const most_;
  std::string key_;
  std::unordered_map<std::string, layout_ptr> known_;
};

}  // namespace ioc::postgres
