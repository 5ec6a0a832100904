#include "adapters/journal/journal.hpp"

#include "adapters/journal/arrival_clock.hpp"
#include "adapters/journal/record_format.hpp"
#include "adapters/journal/recovery.hpp"
#include "adapters/journal/segment.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ioc::journal {
namespace {

using std::chrono::steady_clock;

core::time_point wall_clock() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

// The directory's lock: held as long as the process lives, freed by the kernel however it dies.
class directory_lock {
 public:
  explicit directory_lock(std::filesystem::path const& dir) {
    auto const path = dir / "lock";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) throw std::runtime_error("journal file " + path.string() + " cannot be opened: " + system_reason());
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      char pid[24] = {};
      bool const known = ::pread(fd_, pid, sizeof pid - 1, 0) > 0;
      ::close(fd_);
      throw std::runtime_error("journal directory " + dir.string() + " is in use" + (known ? " by process " + std::string(pid) : "") +
                               ": stop that iocd first, or give this one another directory");
    }
    auto const pid = std::to_string(::getpid());
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
      // The number only helps the reader of the sentence above; the lock itself is held.
    }
  }
  ~directory_lock() { ::close(fd_); }
  directory_lock(directory_lock const&) = delete;
  directory_lock& operator=(directory_lock const&) = delete;

 private:
  int fd_;
};

options checked(options o) {
  if (o.segment_bytes < (64u << 10) || o.segment_bytes % 4096 != 0 || o.segment_bytes > (1ull << 30))
    throw std::runtime_error("journal segment_bytes " + std::to_string(o.segment_bytes) + " must be a multiple of 4096 from 65536 to 1073741824");
  o.max_bytes = o.max_bytes / o.segment_bytes * o.segment_bytes;
  if (o.max_bytes < 2 * o.segment_bytes) throw std::runtime_error("journal max_bytes must hold at least two segments of " + std::to_string(o.segment_bytes) + " bytes");
  if (o.sync_every < std::chrono::milliseconds{1}) throw std::runtime_error("journal sync_every must be at least 1 ms");
  std::error_code error;
  if (std::filesystem::create_directories(o.dir, error)) std::filesystem::permissions(o.dir, std::filesystem::perms::owner_all, error);
  if (error) throw std::runtime_error("journal directory " + o.dir.string() + " cannot be made: " + error.message());
  return o;
}

}  // namespace

// `mutex` guards all but the last group. Order: syncing before mutex, releasing before mutex; never the other way round.
struct journal::state {
  options opt;
  directory_lock lock;

  mutable std::mutex mutex;
  mutable std::condition_variable readable;
  std::condition_variable background_work;
  std::deque<std::shared_ptr<segment>> segments;  // never empty; the last one is written
  std::shared_ptr<segment> prepared;              // the one after it
  position end = 0;                               // where the next record goes, unless it opens a new segment
  position last_next = 0;                         // after the last record: nothing to read from here on
  arrival_clock clock;
  bool preparing = false;                   // a thread makes `prepared`, without the lock
  std::condition_variable prepared_change;
  steady_clock::time_point next_attempt{};  // after a failed preparation
  std::string full_trouble;
  std::string disk_trouble;
  bool stopping = false;
  std::uint64_t interrupts = 0;

  std::mutex syncing;  // held over the disk write: callers that waited for it find themselves done
  std::atomic<position> synced{0};
  std::mutex releasing;
  std::thread background;

  explicit state(options o)
      : opt(checked(std::move(o))), lock(opt.dir), clock(core::time_point{}, steady_clock::time_point{}, core::time_point{}) {}

  position first_position() const { return segments.front()->start(); }
  bool unread(position at) const { return std::max(at, first_position()) < last_next; }
  position limit(record_kind k) const {
    return first_position() + (k == record_kind::message ? opt.max_bytes / 100 * 95 : opt.max_bytes);
  }
  bool room_for_segment(std::uint64_t number) const { return (number + 1) * opt.segment_bytes <= first_position() + opt.max_bytes; }

  bool wants_segment() const {
    return !prepared && !preparing && disk_trouble.empty() && steady_clock::now() >= next_attempt && room_for_segment(segments.back()->number() + 1);
  }

  // Makes the segment after the written one, without the lock. Only one thread at a time: two would take each other's file away.
  // A full disk is asked at most ten times a second.
  void prepare(std::unique_lock<std::mutex>& held) noexcept {
    auto const number = segments.back()->number() + 1;
    std::shared_ptr<segment> made;
    std::string trouble;
    preparing = true;
    held.unlock();
    try {
      made = segment::create(opt.dir, number, opt.segment_bytes);
    } catch (std::exception const& e) {
      trouble = e.what();
    }
    held.lock();
    preparing = false;
    prepared = std::move(made);
    if (!prepared) next_attempt = steady_clock::now() + std::chrono::milliseconds{100};
    full_trouble = std::move(trouble);
    prepared_change.notify_all();
  }

  // True: the written segment is another one than before, or there is one prepared. Normally the background thread was here first;
  // if not (a burst into tiny segments, a slow disk), waiting for the file is better than refusing a message.
  bool next_ready(std::unique_lock<std::mutex>& held) noexcept {
    if (preparing) {
      prepared_change.wait(held, [this] { return !preparing; });
      return true;
    }
    if (!prepared && wants_segment()) prepare(held);
    return prepared != nullptr;
  }

  // Under `mutex`: ends the written segment, so that reading goes on in the next one.
  void close_written(segment& s) const noexcept {
    if (auto const offset = end - s.start(); offset + 8 <= s.bytes()) write_closing(s.data() + offset, end);
  }

  void sync(position up_to);
  void run();
};

// The background thread: a segment ahead, a sync and a look at the wall clock every `sync_every`.
void journal::state::run() {
  std::unique_lock held(mutex);
  auto next_sync = steady_clock::now() + opt.sync_every;
  while (!stopping) {
    background_work.wait_until(held, next_sync, [this] { return stopping || wants_segment(); });
    if (stopping) return;
    if (wants_segment()) prepare(held);
    if (steady_clock::now() < next_sync) continue;
    clock.steer(wall_clock(), steady_clock::now());
    auto const target = end;
    next_sync = steady_clock::now() + opt.sync_every;  // from its beginning: what a sync takes is part of the interval
    held.unlock();
    try {
      sync(target);
    } catch (std::exception const&) {
      // Kept in disk_trouble: append() refuses from here on, and trouble() says why.
    }
    held.lock();
  }
}

void journal::state::sync(position up_to) {
  std::lock_guard writing(syncing);
  std::vector<std::shared_ptr<segment>> dirty;
  position target = 0;
  {
    std::lock_guard held(mutex);
    if (synced >= std::min(up_to, end)) return;
    if (!disk_trouble.empty()) throw std::runtime_error(disk_trouble);
    target = end;
    for (auto const& g : segments)
      if (g->start() + g->bytes() > synced) dirty.push_back(g);
  }
  try {
    for (auto const& g : dirty) {
      // From 0: only changed pages are written, and the header with the last offset goes along in the same flush. A segment that is
      // no longer written goes in full, closing mark included.
      auto const to = g == dirty.back() ? target - g->start() : g->bytes();
      g->sync(0, to);
      g->note_synced(to);
    }
  } catch (std::exception const& e) {
    std::lock_guard held(mutex);
    disk_trouble = e.what();
    throw;
  }
  synced = target;
}

std::unique_ptr<journal> journal::open(options o, std::string& report) {
  auto s = std::make_unique<state>(std::move(o));
  auto r = recover(s->opt.dir, s->opt.segment_bytes);
  report = r.report;
  s->segments = std::move(r.segments);
  s->prepared = std::move(r.prepared);
  s->end = r.end;
  s->last_next = r.last_next;
  s->clock = arrival_clock(wall_clock(), steady_clock::now(), r.last_arrival);
  s->synced = s->first_position();  // the last process may have left pages unsynced; the first sync covers them all
  auto* raw = s.get();
  s->background = std::thread([raw] { raw->run(); });
  return std::unique_ptr<journal>(new journal(std::move(s)));
}

journal::journal(std::unique_ptr<state> s) : s_(std::move(s)) {}

journal::~journal() {
  {
    std::lock_guard held(s_->mutex);
    s_->stopping = true;
  }
  s_->background_work.notify_one();
  s_->background.join();
  try {
    sync(end());
  } catch (std::exception const&) {
    // The process is leaving and the disk has failed: the next start checks every record.
  }
}

bool journal::fits(std::string_view topic, std::string_view payload) const noexcept {
  return topic.size() <= 0xffff && payload.size() < s_->opt.segment_bytes &&
         segment_header_bytes + record_bytes(topic.size(), payload.size()) <= s_->opt.segment_bytes;
}

std::optional<position> journal::append(record_kind kind, std::string_view topic, std::string_view payload, std::uint8_t qos, bool dup,
                                        bool retain) noexcept {
  if (!fits(topic, payload)) return std::nullopt;
  auto& s = *s_;
  auto const bytes = record_bytes(topic.size(), payload.size());
  std::unique_lock held(s.mutex);
  position at = 0;
  for (;;) {
    if (!s.disk_trouble.empty()) return std::nullopt;
    auto const boundary = s.segments.back()->start() + s.opt.segment_bytes;
    bool const roll = s.end + bytes > boundary;
    at = roll ? boundary + segment_header_bytes : s.end;
    if (at + bytes > s.limit(kind)) return std::nullopt;
    if (!roll) break;
    if (s.prepared) {
      s.close_written(*s.segments.back());
      s.segments.push_back(std::move(s.prepared));
      s.prepared.reset();
      s.end = boundary + segment_header_bytes;
      s.background_work.notify_one();
    } else if (!s.next_ready(held)) {
      return std::nullopt;
    }
  }
  auto& to = *s.segments.back();
  record_fields f;
  f.kind = kind;
  f.qos = qos;
  f.dup = dup;
  f.retain = retain;
  f.arrival_us = core::to_us(s.clock.stamp(steady_clock::now()));
  f.topic = topic;
  f.payload = payload;
  write_record(to.data() + (at - to.start()), at, f);
  s.end = s.last_next = at + bytes;
  s.readable.notify_all();
  return s.end;
}

void journal::sync(position up_to) { s_->sync(up_to); }

bool journal::read(position& at, record& out) const {
  auto const& s = *s_;
  for (;;) {
    std::shared_ptr<segment> from;
    {
      std::lock_guard held(s.mutex);
      at = std::max(at, s.first_position());
      if (at >= s.last_next) return false;
      from = s.segments[at / s.opt.segment_bytes - s.segments.front()->number()];
    }
    at = std::max(at, from->start() + segment_header_bytes);
    auto const offset = at - from->start();
    auto const p = parse_record(from->data() + offset, from->bytes() - offset, at);
    if (p.what == found::closing) {
      at = from->start() + from->bytes();
      continue;
    }
    if (p.what != found::record)
      throw std::runtime_error("journal file " + from->path().string() + " is damaged at offset " + std::to_string(offset) + " since it was opened");
    out.at = at;
    out.next = at + p.bytes;
    out.kind = p.fields.kind;
    out.message.topic.assign(p.fields.topic);
    out.message.payload.assign(p.fields.payload);
    out.message.qos = p.fields.qos;
    out.message.dup = p.fields.dup;
    out.message.retain = p.fields.retain;
    out.message.arrival = core::from_us(p.fields.arrival_us);
    at = out.next;
    return true;
  }
}

bool journal::wait(position at, std::chrono::milliseconds at_most) const {
  std::unique_lock held(s_->mutex);
  auto const before = s_->interrupts;
  s_->readable.wait_for(held, at_most, [&] { return s_->unread(at) || s_->interrupts != before; });
  return s_->unread(at);
}

void journal::interrupt() {
  {
    std::lock_guard held(s_->mutex);
    ++s_->interrupts;
  }
  s_->readable.notify_all();
}

std::optional<core::time_point> journal::idle_now(position at) {
  std::lock_guard held(s_->mutex);
  if (s_->unread(at)) return std::nullopt;
  return s_->clock.stamp(steady_clock::now());
}

core::time_point journal::arrival_now() {
  std::lock_guard held(s_->mutex);
  return s_->clock.stamp(steady_clock::now());
}

void journal::release(position below) {
  auto& s = *s_;
  std::lock_guard one(s.releasing);
  std::vector<std::shared_ptr<segment>> gone;
  {
    std::lock_guard held(s.mutex);
    while (s.segments.size() > 1 && s.segments.front()->start() + s.opt.segment_bytes <= below) {
      gone.push_back(std::move(s.segments.front()));
      s.segments.pop_front();
    }
  }
  for (auto const& g : gone) {  // oldest first and each on disk before the next, so a power cut leaves no gap
    std::error_code error;
    std::filesystem::remove(g->path(), error);
    sync_directory(s.opt.dir);
  }
  if (!gone.empty()) s.background_work.notify_one();
}

void journal::advance(position at) {
  auto& s = *s_;
  std::lock_guard writing(s.syncing);
  std::lock_guard one(s.releasing);
  std::unique_lock held(s.mutex);
  s.prepared_change.wait(held, [&] { return !s.preparing; });
  if (at <= s.end) return;
  // Everything here lies below `at`, which the database holds: start over at the right number, oldest files going first.
  auto const number = (at + s.opt.segment_bytes - 1) / s.opt.segment_bytes;
  for (auto const& g : s.segments) std::filesystem::remove(g->path());
  if (s.prepared) std::filesystem::remove(s.prepared->path());
  sync_directory(s.opt.dir);
  s.prepared.reset();
  try {
    auto fresh = segment::create(s.opt.dir, number, s.opt.segment_bytes);
    s.segments.assign(1, std::move(fresh));
  } catch (std::exception const& e) {
    s.disk_trouble = e.what();
    throw;
  }
  s.end = s.segments.back()->start() + segment_header_bytes;
  s.last_next = s.first_position();
  s.synced = s.segments.back()->start();
}

position journal::begin() const {
  std::lock_guard held(s_->mutex);
  return s_->first_position();
}

position journal::end() const {
  std::lock_guard held(s_->mutex);
  return s_->end;
}

position journal::synced() const { return s_->synced; }

std::uint64_t journal::used_bytes() const {
  std::lock_guard held(s_->mutex);
  return s_->end - s_->first_position();
}

std::uint64_t journal::max_bytes() const { return s_->opt.max_bytes; }

bool journal::nearly_full() const { return used_bytes() > s_->opt.max_bytes / 10 * 9; }

std::string journal::trouble() const {
  std::lock_guard held(s_->mutex);
  return s_->disk_trouble.empty() ? s_->full_trouble : s_->disk_trouble;
}

}  // namespace ioc::journal
