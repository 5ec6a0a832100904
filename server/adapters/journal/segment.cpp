#include "adapters/journal/segment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace ioc::journal {
namespace {

constexpr std::uint32_t format_version = 1;
constexpr char magic[8] = {'I', 'O', 'C', 'J', 'R', 'N', 'L', '\n'};
constexpr std::uint64_t page = 4096;

struct file_header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t crc;  // of number and bytes
  std::uint64_t number;
  std::uint64_t bytes;
  std::uint64_t synced;  // changes; an aligned word is never torn
  std::uint64_t unused[3];
};
static_assert(sizeof(file_header) == segment_header_bytes);

std::uint32_t header_crc(file_header const& h) {
  auto const* from = reinterpret_cast<Bytef const*>(&h.number);
  return static_cast<std::uint32_t>(crc32(0, from, sizeof h.number + sizeof h.bytes));
}

[[noreturn]] void fail(std::filesystem::path const& p, std::string const& what) { throw std::runtime_error("journal file " + p.string() + " " + what); }

// Closes at the end of a scope; the mapping outlives its descriptor.
struct descriptor {
  int fd;
  ~descriptor() { if (fd >= 0) ::close(fd); }
};

}  // namespace

std::string system_reason() { return std::generic_category().message(errno); }

std::string segment_name(std::uint64_t number) {
  char text[48];
  std::snprintf(text, sizeof text, "segment-%020llu.journal", static_cast<unsigned long long>(number));
  return text;
}

std::optional<std::uint64_t> segment_number(std::filesystem::path const& p) {
  auto const name = p.filename().string();
  std::uint64_t n = 0;
  if (name.size() != 36 || !name.starts_with("segment-")) return std::nullopt;
  auto const [end, error] = std::from_chars(name.data() + 8, name.data() + 28, n);
  if (error != std::errc{} || name != segment_name(n)) return std::nullopt;
  return n;
}

void sync_directory(std::filesystem::path const& dir) {
  descriptor const d{::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (d.fd < 0 || ::fsync(d.fd) != 0) throw std::runtime_error("journal directory " + dir.string() + " cannot be synced: " + system_reason());
}

segment::segment(std::filesystem::path path, std::uint64_t number, std::uint64_t bytes, int fd)
    : path_(std::move(path)), number_(number), bytes_(bytes) {
  void* p = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED) fail(path_, "cannot be mapped: " + system_reason());
  data_ = static_cast<std::byte*>(p);
}

segment::~segment() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

std::shared_ptr<segment> segment::create(std::filesystem::path const& dir, std::uint64_t number, std::uint64_t bytes) {
  auto const final_path = dir / segment_name(number);
  auto const new_path = dir / (segment_name(number) + ".new");
  ::unlink(new_path.c_str());
  try {
    descriptor const d{::open(new_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (d.fd < 0) fail(final_path, "cannot be made: " + system_reason());
    if (int const e = ::posix_fallocate(d.fd, 0, static_cast<off_t>(bytes)); e != 0) {
      errno = e;
      fail(final_path, "cannot get " + std::to_string(bytes) + " bytes of disk: " + system_reason());
    }
    std::shared_ptr<segment> s(new segment(final_path, number, bytes, d.fd));
    file_header h{};
    std::memcpy(h.magic, magic, sizeof magic);
    h.version = format_version;
    h.number = number;
    h.bytes = bytes;
    h.synced = segment_header_bytes;
    h.crc = header_crc(h);
    std::memcpy(s->data_, &h, sizeof h);
    if (::msync(s->data_, page, MS_SYNC) != 0 || ::fsync(d.fd) != 0) fail(final_path, "cannot be synced: " + system_reason());
    if (::rename(new_path.c_str(), final_path.c_str()) != 0) fail(final_path, "cannot be named: " + system_reason());
    sync_directory(dir);
    return s;
  } catch (...) {
    ::unlink(new_path.c_str());
    throw;
  }
}

std::shared_ptr<segment> segment::open(std::filesystem::path const& path, std::uint64_t number, std::uint64_t bytes, bool may_be_short) {
  descriptor const d{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  if (d.fd < 0) fail(path, "cannot be opened: " + system_reason());
  file_header h{};
  if (::pread(d.fd, &h, sizeof h, 0) != static_cast<ssize_t>(sizeof h)) fail(path, "is damaged at offset 0: it is shorter than its header");
  if (std::memcmp(h.magic, magic, sizeof magic) != 0) fail(path, "is damaged at offset 0: it does not begin like a journal");
  if (h.version != format_version)
    fail(path, "has version " + std::to_string(h.version) + ", this program reads version " + std::to_string(format_version));
  if (h.crc != header_crc(h)) fail(path, "is damaged at offset 12: its header does not match its checksum");
  if (h.number != number) fail(path, "says it is segment " + std::to_string(h.number) + "; was it renamed?");
  if (h.bytes != bytes)
    fail(path, "was written with segments of " + std::to_string(h.bytes) + " bytes, but the configuration says " + std::to_string(bytes));
  struct stat st {};
  if (::fstat(d.fd, &st) != 0) fail(path, "cannot be looked at: " + system_reason());
  auto const size = static_cast<std::uint64_t>(st.st_size);
  if (size < bytes && !may_be_short) fail(path, "is damaged at offset " + std::to_string(size) + ": the rest is missing and later segments exist");
  if (size > bytes) fail(path, "is longer than a segment (" + std::to_string(size) + " bytes)");
  // Also where the size is right: a copy made by a backup may be sparse, and a hole is a SIGBUS on a full disk.
  if (may_be_short) {
    if (int const e = ::posix_fallocate(d.fd, 0, static_cast<off_t>(bytes)); e != 0) {
      errno = e;
      fail(path, "cannot get its " + std::to_string(bytes) + " bytes of disk: " + system_reason());
    }
  }
  return std::shared_ptr<segment>(new segment(path, number, bytes, d.fd));
}

void segment::sync(std::uint64_t from, std::uint64_t to) {
  auto const first = from / page * page;
  if (to > first && ::msync(data_ + first, to - first, MS_SYNC) != 0) fail(path_, "could not be written to disk: " + system_reason());
}

std::uint64_t segment::synced() const { return reinterpret_cast<file_header const*>(data_)->synced; }

void segment::note_synced(std::uint64_t offset) {
  std::atomic_ref<std::uint64_t>(reinterpret_cast<file_header*>(data_)->synced).store(offset, std::memory_order_relaxed);
}

}  // namespace ioc::journal
