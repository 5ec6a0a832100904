#include "adapters/postgres/spill.hpp"

#include "core/archive.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ioc::postgres {

namespace {

constexpr std::size_t file_bytes = std::size_t{64} << 20;

std::string bytes_to_keep(batch const& b) {
  std::unordered_map<layout_ptr, std::uint32_t> numbers;
  std::vector<std::vector<std::string>> layouts;
  std::vector<std::uint32_t> of_row;
  of_row.reserve(b.readings.size());
  for (auto const& r : b.readings) {
    auto const [it, fresh] = numbers.try_emplace(r.layout, static_cast<std::uint32_t>(layouts.size()));
    if (fresh) layouts.push_back(r.layout->metrics);
    of_row.push_back(it->second);
  }
  core::archive_writer out;
  out(b.position, b.ledger_json, layouts, of_row, b.readings, b.events, b.rejected, b.objects, b.log, b.devices);
  return out.take();
}

batch from_bytes(std::string_view bytes, layout_book& book) {
  batch b;
  std::vector<std::vector<std::string>> layouts;
  std::vector<std::uint32_t> of_row;
  core::archive_reader in(bytes);
  in(b.position, b.ledger_json, layouts, of_row, b.readings, b.events, b.rejected, b.objects, b.log, b.devices);
  std::vector<layout_ptr> found;
  for (auto const& metrics : layouts) {
    auto shared = book.find({metrics.begin(), metrics.end()});
    found.push_back(shared ? std::move(shared) : std::make_shared<reading_layout const>(reading_layout{metrics}));
  }
  for (std::size_t i = 0; i < b.readings.size(); ++i) b.readings[i].layout = found.at(of_row.at(i));
  return b;
}

bool write_all(int handle, char const* p, std::size_t n) {
  while (n > 0) {
    auto const done = ::write(handle, p, n);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    p += done;
    n -= static_cast<std::size_t>(done);
  }
  return true;
}

void read_all(int handle, char* p, std::size_t n, std::size_t at) {
  while (n > 0) {
    auto const done = ::pread(handle, p, n, static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw std::runtime_error(std::string("a file of waiting rows cannot be read back: ") + (done < 0 ? std::strerror(errno) : "it is too short"));
    p += done;
    at += static_cast<std::size_t>(done);
    n -= static_cast<std::size_t>(done);
  }
}

}  // namespace

spill::spill(std::filesystem::path folder, std::size_t most_bytes) : folder_(std::move(folder)), most_(most_bytes) {
  std::filesystem::create_directories(folder_);
}

spill::~spill() {
  for (auto const& f : files_) ::close(f.handle);
}

bool spill::open_next() {
  std::string name = (folder_ / "rows-XXXXXX").string();
  int const handle = ::mkostemp(name.data(), O_CLOEXEC);
  if (handle < 0) {
    trouble_ = "cannot make a file in " + folder_.string() + ": " + std::strerror(errno);
    return false;
  }
  ::unlink(name.c_str());
  files_.push_back({handle, 0, 0, false});
  return true;
}

bool spill::put(batch const& b) {
  auto const bytes = bytes_to_keep(b);
  auto const size = static_cast<std::uint64_t>(bytes.size());
  std::lock_guard const hold(guard_);
  if (bytes_ + bytes.size() + sizeof size > most_) {
    trouble_ = "the waiting rows fill their share of the disk, " + std::to_string(most_ >> 20) + " MiB";
    return false;
  }
  if ((files_.empty() || files_.back().closed || files_.back().written >= file_bytes) && !open_next()) return false;
  auto& f = files_.back();
  if (!write_all(f.handle, reinterpret_cast<char const*>(&size), sizeof size) || !write_all(f.handle, bytes.data(), bytes.size())) {
    trouble_ = std::string("rows cannot be set aside on disk: ") + std::strerror(errno);
    // What was written of it is cut off again, so that the file stays a row of whole batches. A file that cannot be cut takes nothing more.
    if (::ftruncate(f.handle, static_cast<off_t>(f.written)) != 0 || ::lseek(f.handle, static_cast<off_t>(f.written), SEEK_SET) < 0) f.closed = true;
    return false;
  }
  f.written += sizeof size + bytes.size();
  bytes_ += sizeof size + bytes.size();
  trouble_.clear();
  return true;
}

bool spill::take(batch& b) {
  std::lock_guard const hold(guard_);
  while (!files_.empty() && files_.front().read == files_.front().written) {
    ::close(files_.front().handle);
    files_.pop_front();
  }
  if (files_.empty()) return false;
  auto& f = files_.front();
  std::uint64_t size = 0;
  read_all(f.handle, reinterpret_cast<char*>(&size), sizeof size, f.read);
  std::string bytes(size, '\0');
  read_all(f.handle, bytes.data(), bytes.size(), f.read + sizeof size);
  b = from_bytes(bytes, layouts_);
  f.read += sizeof size + bytes.size();
  bytes_ -= sizeof size + bytes.size();
  return true;
}

bool spill::empty() const {
  std::lock_guard const hold(guard_);
  return bytes_ == 0;
}

std::size_t spill::bytes() const {
  std::lock_guard const hold(guard_);
  return bytes_;
}

std::string spill::trouble() const {
  std::lock_guard const hold(guard_);
  return trouble_;
}

}  // namespace ioc::postgres
