#pragma once
#include "adapters/postgres/rows.hpp"

#include <cstddef>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>

namespace ioc::postgres {

// Batches that wait on disk because memory is full: first in, first out. The journal holds what they were made from, and a start
// makes them again from there; so nothing here is synced, and each file loses its name as soon as it is open: whatever ends the
// process frees the disk. Any thread; a snapshot of the engines is not kept here (the writer keeps the newest one in memory).
class spill {
 public:
  // Throws std::runtime_error where `folder` cannot be made or written.
  spill(std::filesystem::path folder, std::size_t most_bytes);
  ~spill();
  spill(spill const&) = delete;
  spill& operator=(spill const&) = delete;

  // False: no room, or the disk refused (trouble() says why): nothing was taken.
  bool put(batch const& b);
  bool empty() const;
  std::size_t bytes() const;
  // The oldest; false when empty. Throws std::runtime_error where it cannot be read back.
  bool take(batch& b);
  std::string trouble() const;

 private:
  struct file {
    int handle = -1;
    std::size_t written = 0, read = 0;
    bool closed = false;
  };
  bool open_next();

  std::filesystem::path const folder_;
  std::size_t const most_;
  mutable std::mutex guard_;
  std::deque<file> files_;
  std::size_t bytes_ = 0;
  std::string trouble_;
  layout_book layouts_{50'000};
};

}  // namespace ioc::postgres
