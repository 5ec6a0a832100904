#pragma once
#include "adapters/journal/journal.hpp"

#include <atomic>
#include <cstddef>

namespace ioc::journal {

// Where a segment's first record stands, after the file's header.
constexpr std::uint64_t segment_header_bytes = 64;

// One memory-mapped file of `bytes`, allocated on disk in full (a full disk is an error at create(), never SIGBUS later).
// Shared by the journal and whoever reads from it; the last one unmaps. Not locked: the journal's lock orders writes and reads.
class segment {
 public:
  // Makes the file under another name, puts it on disk, then renames: a named segment always has a whole header.
  static std::shared_ptr<segment> create(std::filesystem::path const& dir, std::uint64_t number, std::uint64_t bytes);
  // Checks header, version and number. A file that is too short is filled up with zeros if `may_be_short`.
  // Both throw std::runtime_error with one sentence that names the file.
  static std::shared_ptr<segment> open(std::filesystem::path const& path, std::uint64_t number, std::uint64_t bytes, bool may_be_short);
  ~segment();
  segment(segment const&) = delete;
  segment& operator=(segment const&) = delete;

  std::uint64_t number() const { return number_; }
  position start() const { return number_ * bytes_; }
  std::uint64_t bytes() const { return bytes_; }
  std::byte* data() { return data_; }
  std::byte const* data() const { return data_; }
  std::filesystem::path const& path() const { return path_; }

  // Puts [from, to) on disk; throws std::runtime_error.
  void sync(std::uint64_t from, std::uint64_t to);
  // Offset up to which the disk surely holds this segment; kept in its header, itself on disk one sync later.
  std::uint64_t synced() const;
  void note_synced(std::uint64_t offset);

 private:
  segment(std::filesystem::path path, std::uint64_t number, std::uint64_t bytes, int fd);
  std::filesystem::path path_;
  std::uint64_t number_;
  std::uint64_t bytes_;
  std::byte* data_ = nullptr;
};

std::string segment_name(std::uint64_t number);                              // "segment-00000000000000000007.journal"
std::optional<std::uint64_t> segment_number(std::filesystem::path const& p);  // nothing: not a segment's name
void sync_directory(std::filesystem::path const& dir);                       // throws std::runtime_error
std::string system_reason();                                                 // what errno says, in words

}  // namespace ioc::journal
