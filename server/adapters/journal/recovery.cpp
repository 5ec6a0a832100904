#include "adapters/journal/recovery.hpp"

#include "adapters/journal/record_format.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace ioc::journal {
namespace {

struct file {
  std::uint64_t number;
  std::filesystem::path path;
};

std::vector<file> segment_files(std::filesystem::path const& dir) {
  std::vector<file> files;
  for (auto const& e : std::filesystem::directory_iterator(dir)) {
    if (auto const n = segment_number(e.path())) files.push_back(file{*n, e.path()});
    else if (e.path().extension() == ".new") std::filesystem::remove(e.path());  // a preparation that did not finish
  }
  std::sort(files.begin(), files.end(), [](file const& a, file const& b) { return a.number < b.number; });
  for (std::size_t i = 1; i < files.size(); ++i)
    if (files[i].number != files[i - 1].number + 1)
      throw std::runtime_error("journal directory " + dir.string() + " has a gap: " + segment_name(files[i - 1].number + 1) +
                               " is missing. Put it back, or move the segments before it away if the database holds them");
  return files;
}

// Where a walk through one segment ended, and how.
struct walk {
  found end = found::nothing;
  std::uint64_t offset = segment_header_bytes;
  position last_next = 0;  // 0: no record in here
  core::time_point last_arrival;
};

walk through(segment const& s) {
  walk w;
  for (;;) {
    auto const p = parse_record(s.data() + w.offset, s.bytes() - w.offset, s.start() + w.offset);
    w.end = p.what;
    if (p.what != found::record) return w;
    w.offset += p.bytes;
    w.last_next = s.start() + w.offset;
    w.last_arrival = std::max(w.last_arrival, core::from_us(p.fields.arrival_us));
  }
}

// One after the last byte that is not zero, from `from` on; `from` when there is none.
std::uint64_t data_end(segment const& s, std::uint64_t from) {
  auto n = s.bytes();
  std::uint64_t word = 0;
  for (; n >= from + 8; n -= 8) {
    std::memcpy(&word, s.data() + n - 8, 8);
    if (word != 0) break;
  }
  while (n > from && s.data()[n - 1] == std::byte{0}) --n;
  return n;
}

void keep(std::filesystem::path const& to, segment const& s, std::uint64_t from, std::uint64_t until) {
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<char const*>(s.data() + from), static_cast<std::streamsize>(until - from));
  if (!out.flush()) throw std::runtime_error("journal file " + to.string() + " cannot be written; it would keep what is cut from " + s.path().string());
}

// Zeroes [from, until) after keeping it; returns the sentence's part for this file.
std::string cut(segment& s, std::uint64_t from, std::uint64_t until) {
  auto const name = "cut-" + std::to_string(s.number()) + "-" + std::to_string(from) + ".bin";
  keep(s.path().parent_path() / name, s, from, until);
  std::memset(s.data() + from, 0, until - from);
  s.sync(from, until);
  return std::to_string(until - from) + " bytes were cut from " + s.path().string() + " at offset " + std::to_string(from) + " and kept in " + name;
}

bool holds_data(std::filesystem::path const& path) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(segment_header_bytes);
  for (char c = 0; in.get(c);)
    if (c != 0) return true;
  return false;
}

// The last file may be a segment that was only prepared. Without a record in it a damaged header costs nothing: it is set aside.
bool set_aside(file const& f, std::string& report) {
  if (holds_data(f.path)) return false;
  auto const name = "set-aside-" + std::to_string(f.number) + ".bin";
  std::filesystem::rename(f.path, f.path.parent_path() / name);
  report = f.path.string() + " held no record and had a damaged header; it was set aside as " + name;
  return true;
}

}  // namespace

recovered recover(std::filesystem::path const& dir, std::uint64_t segment_bytes) {
  recovered r;
  auto const files = segment_files(dir);
  // From the end: only where no data follows may a file be too short, and is filled up.
  std::deque<std::shared_ptr<segment>> all;
  bool data_behind = false;
  for (auto f = files.rbegin(); f != files.rend(); ++f) {
    try {
      all.push_front(segment::open(f->path, f->number, segment_bytes, !data_behind));
    } catch (std::runtime_error const&) {
      if (f != files.rbegin() || files.size() == 1 || !set_aside(*f, r.report)) throw;
      continue;
    }
    data_behind = data_behind || data_end(*all.front(), segment_header_bytes) > segment_header_bytes;
  }
  if (all.empty()) all.push_back(segment::create(dir, 0, segment_bytes));

  // The first segment that is not closed is the tail, or a hole in the middle.
  std::size_t tail = 0;
  walk w;
  for (;; ++tail) {
    w = through(*all[tail]);
    r.last_arrival = std::max(r.last_arrival, w.last_arrival);
    r.last_next = std::max(r.last_next, w.last_next);
    if (w.end != found::closing || tail + 1 == all.size()) break;
  }
  bool follows = false;
  for (std::size_t i = tail + 1; i < all.size(); ++i) follows = follows || data_end(*all[i], segment_header_bytes) > segment_header_bytes;
  if (follows && w.offset < all[tail]->synced())
    throw std::runtime_error("journal file " + all[tail]->path().string() + " is damaged at offset " + std::to_string(w.offset) +
                             ", and later segments hold records: restore the file, or move the directory away to start empty");

  if (w.end != found::closing) {
    std::string cuts;
    if (auto const until = data_end(*all[tail], w.offset); until > w.offset) cuts = cut(*all[tail], w.offset, until);
    for (std::size_t i = tail + 1; follows && i < all.size(); ++i) {
      // Written after what a power cut took: not one of these was synced, and without the records before they mean nothing.
      auto const until = data_end(*all[i], segment_header_bytes);
      if (until > segment_header_bytes) cuts += (cuts.empty() ? "" : "; ") + cut(*all[i], segment_header_bytes, until);
    }
    if (!cuts.empty()) r.report += (r.report.empty() ? "" : "; ") + ("the journal's end was damaged: " + cuts);
  }
  r.segments.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(tail) + 1);
  if (w.end == found::closing) r.segments.push_back(segment::create(dir, all[tail]->number() + 1, segment_bytes));
  if (tail + 1 < all.size()) r.prepared = all[tail + 1];
  for (std::size_t i = tail + 2; i < all.size(); ++i) std::filesystem::remove(all[i]->path());
  r.end = w.end == found::closing ? r.segments.back()->start() + segment_header_bytes : all[tail]->start() + w.offset;
  return r;
}

}  // namespace ioc::journal
