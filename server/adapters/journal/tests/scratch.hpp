#pragma once
#include "adapters/journal/journal.hpp"
#include "adapters/journal/segment.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <vector>

namespace ioc::journal::test {

// A directory of its own for one test, removed at the end.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ioc-journal-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch directory");
    dir_ = name;
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;

  std::filesystem::path const& dir() const { return dir_; }
  std::filesystem::path file(std::uint64_t segment) const { return dir_ / segment_name(segment); }

  // Small segments, and a sync so seldom that a test decides when it happens.
  options small(std::uint64_t max_bytes = 1u << 20) const {
    options o;
    o.dir = dir_;
    o.segment_bytes = 64u << 10;
    o.max_bytes = max_bytes;
    o.sync_every = std::chrono::hours{1};
    return o;
  }
  std::unique_ptr<journal> open() const {
    std::string report;
    return journal::open(small(), report);
  }
  std::size_t segment_count() const {
    std::size_t n = 0;
    for (auto const& e : std::filesystem::directory_iterator(dir_)) n += segment_number(e.path()).has_value() ? 1 : 0;
    return n;
  }

 private:
  std::filesystem::path dir_;
};

inline std::string bytes_of(std::filesystem::path const& p) {
  std::ifstream in(p, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline void write_bytes(std::filesystem::path const& p, std::string const& bytes) {
  std::ofstream(p, std::ios::binary | std::ios::trunc) << bytes;
}

// Every payload from begin() on.
inline std::vector<std::string> payloads(journal const& j) {
  std::vector<std::string> all;
  record r;
  for (position at = 0; j.read(at, r);) all.push_back(r.message.payload);
  return all;
}

// The sentence with which opening was refused; empty when it was not.
inline std::string refusal(options const& o) {
  std::string report;
  try {
    journal::open(o, report);
  } catch (std::runtime_error const& e) {
    return e.what();
  }
  return {};
}

}  // namespace ioc::journal::test
