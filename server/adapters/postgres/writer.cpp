#include "adapters/postgres/writer.hpp"

#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/spill.hpp"
#include "adapters/postgres/storage.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace ioc::postgres {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

class writer::impl {
 public:
  impl(options o, writer_events events) : options_(std::move(o)), events_(std::move(events)), storage_(options_) {
    if (!options_.spill_dir.empty()) spill_ = std::make_unique<spill>(options_.spill_dir, options_.spill_bytes);
  }
  ~impl() { stop(); }

  start_state start() {
    auto s = storage_.open_first();
    committed_ = started_at_ = last_ = s.position;
    state_position_ = s.snapshot ? s.snapshot->position : 0;
    up_ = true;
    thread_ = std::thread([this] { run(); });
    return s;
  }

  bool submit(batch&& b) {
    std::size_t const size = bytes_of(b);
    bool const append_only = !b.readings.empty() || !b.events.empty();
    std::unique_lock hold(guard_);
    auto const fits = [&] { return waiting_bytes_ == 0 || waiting_bytes_ + size <= options_.queue_bytes; };
    // Memory full, or earlier batches on disk already: there it goes too. Only where the disk takes no more does the caller wait.
    bool const aside = spill_ && !stopping_ && !fenced_ && (!spill_->empty() || !fits());
    // One batch larger than the whole queue is let in when it is alone.
    if (!aside) room_.wait(hold, [&] { return stopping_ || fenced_ || fits(); });
    if (stopping_ || fenced_) return false;
    if (b.position < started_at_) return true;
    if (b.position == started_at_) {
      b.readings.clear();
      b.events.clear();
    } else if (b.position < last_ || (append_only && b.position == last_)) {
      throw std::logic_error("batches must come in the order of the journal: position " + std::to_string(b.position) + " after " + std::to_string(last_));
    }
    for (auto const& r : b.readings) retimed_ += storable(r.t) ? 0 : 1;
    last_ = b.position;
    if (b.snapshot) {
      newest_snapshot_ = std::exchange(b.snapshot, std::nullopt);
      snapshot_ticket_ = submitted_ + 1;  // rows of the same position may stand in an earlier batch
    }
    if (aside) {
      while (!stopping_ && !fenced_ && !(spill_->empty() && fits())) {
        if (spill_->put(b)) {
          ++submitted_;
          work_.notify_one();
          return true;
        }
        blocked_ = true;
        room_.wait_for(hold, 200ms);
      }
      blocked_ = false;
      if (stopping_ || fenced_) return false;
    }
    ++submitted_;
    waiting_bytes_ += size;
    if (queue_.empty()) oldest_ = clock::now();
    queue_.push_back({std::move(b), size});
    work_.notify_one();
    return true;
  }

  bool drain(std::chrono::milliseconds limit) {
    std::unique_lock hold(guard_);
    draining_ = true;
    work_.notify_one();
    bool const done = room_.wait_for(hold, limit, [&] { return nothing_waits() || fenced_; });
    draining_ = false;
    return done && !fenced_;
  }

  void stop() {
    {
      std::lock_guard const hold(guard_);
      stopping_ = true;
      work_.notify_all();
      room_.notify_all();
    }
    if (!thread_.joinable()) return;
    std::unique_lock hold(guard_);
    // The transaction under way may end; a server that does not answer is left alone.
    if (!room_.wait_for(hold, 3s, [&] { return ended_; })) {
      hold.unlock();
      storage_.interrupt();
    } else {
      hold.unlock();
    }
    thread_.join();
    storage_.close();
  }

  std::atomic<bool> up_{false};
  std::atomic<std::uint64_t> committed_{0};
  std::atomic<std::uint64_t> submitted_{0}, written_{0}, state_position_{0};
  std::atomic<std::uint64_t> retimed_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::size_t queued_bytes() const {
    std::lock_guard const hold(guard_);
    return waiting_bytes_ + (spill_ ? spill_->bytes() : 0);
  }
  bool state_waits() const { return newest_snapshot_ || state_under_way_; }
  bool state_waits_now() const {
    std::lock_guard const hold(guard_);
    return state_waits();
  }
  std::size_t spilled_bytes() const { return spill_ ? spill_->bytes() : 0; }
  std::string trouble() const {
    std::lock_guard const hold(guard_);
    return blocked_ && spill_ ? spill_->trouble() : std::string();
  }
  std::atomic<std::int64_t> database_bytes_{0}, rejected_bytes_{0};

 private:
  struct waiting {
    batch b;
    std::size_t size;
  };

  // The thread. `group` is what is being written; it leaves memory only once it is known to be committed.
  void run() {
    std::deque<batch> group;
    std::size_t group_bytes = 0;
    auto pause = 100ms;
    auto next_maintenance = clock::now(), next_roll = clock::now() + options_.rollup_every, next_sizes = clock::now();
    bool rolling = false;
    for (;;) {
      if (group.empty() && !take(group, group_bytes, rolling || storing_)) break;
      try {
        if (!up_) {
          committed_ = storage_.open_again();
          set_up(true, "");
          pause = 100ms;
        }
        if (!group.empty()) {
          if (events_.before_commit) events_.before_commit(group.back().position);
          storage_.store(group, committed_);
          pause = 100ms;
          committed_ = std::max(committed_.load(), group.back().position);
          written_ += group.size();
          refused_ = storage_.refused();
          if (auto const w = storage_.take_warning(); !w.empty()) warn(w);
          group.clear();
          std::lock_guard const hold(guard_);
          waiting_bytes_ -= group_bytes;
          group_bytes = 0;
          room_.notify_all();
        } else if (!rolling && !storing_) {
          storage_.ping();
        }
        if (!storing_) take_state();
        if (storing_) store_state();
        // Roll-ups take what time the rows leave, and a slice a second where they leave none.
        if (bool const idle = nothing_waits_now(); clock::now() >= next_roll || (rolling && idle)) {
          rolling = storage_.roll(idle);
          next_roll = clock::now() + (rolling ? options_.rollup_every / 4 : options_.rollup_every);
        }
        if (clock::now() >= next_sizes) {
          next_sizes = clock::now() + 60s;
          auto const s = storage_.sizes();
          database_bytes_ = s.database;
          rejected_bytes_ = s.rejected;
        }
        if (clock::now() >= next_maintenance) {
          next_maintenance = clock::now() + 6h;
          maintain();
        }
      } catch (fenced const& e) {
        set_up(false, e.what());
        {
          std::lock_guard const hold(guard_);
          fenced_ = true;
          room_.notify_all();
        }
        storage_.close();
        if (events_.on_fatal) events_.on_fatal(e.what());
        break;
      } catch (std::exception const& e) {
        // Away, a full disk, a restart, a changed password: whatever it is, the journal holds the rows and we ask again.
        storage_.close();
        set_up(false, e.what());
        next_part_ = 0;
        std::unique_lock hold(guard_);
        if (work_.wait_for(hold, pause, [&] { return stopping_; })) break;
        pause = std::min<std::chrono::milliseconds>(pause * 2, 5s);
      }
    }
    std::lock_guard const hold(guard_);
    ended_ = true;
    room_.notify_all();
  }

  bool nothing_waits() const { return waiting_bytes_ == 0 && !state_waits() && (!spill_ || spill_->empty()); }
  bool nothing_waits_now() const {
    std::lock_guard const hold(guard_);
    return nothing_waits();
  }

  // Waits for batches and moves as many as fit one transaction. false = stop. Empty group = nothing to write for a while:
  // time for roll-ups, and to see whether the database is still there, so that screens learn of its loss without a write.
  bool take(std::deque<batch>& group, std::size_t& bytes, bool busy) {
    std::unique_lock hold(guard_);
    auto const ready = [&] { return !queue_.empty() || (spill_ && !spill_->empty()); };
    work_.wait_for(hold, !up_ || busy ? 0ms : 1000ms, [&] { return stopping_ || ready(); });
    if (stopping_) return false;
    if (!ready()) return true;
    if (queue_.empty()) return take_spilled(group, bytes);
    // A few milliseconds more make one transaction of many small batches: a commit costs a disk's sync.
    work_.wait_until(hold, oldest_ + options_.linger, [&] { return stopping_ || draining_ || waiting_bytes_ >= options_.transaction_bytes; });
    if (stopping_) return false;
    while (!queue_.empty() && (group.empty() || bytes + queue_.front().size <= options_.transaction_bytes)) {
      bytes += queue_.front().size;
      group.push_back(std::move(queue_.front().b));
      queue_.pop_front();
    }
    if (!queue_.empty()) oldest_ = clock::now() - options_.linger;
    return true;
  }

  // The queue in memory is older than what is on disk, so this comes when it is empty. What is taken counts as waiting again.
  bool take_spilled(std::deque<batch>& group, std::size_t& bytes) {
    batch b;
    while (bytes < options_.transaction_bytes && spill_->take(b)) {
      auto const size = bytes_of(b);
      bytes += size;
      waiting_bytes_ += size;
      group.push_back(std::move(b));
      b = {};
    }
    return true;
  }

  // A saved state may only be stored behind all rows up to its position: a start goes on from it. A newer one waits until the one
  // under way is whole, else none ever would be.
  void take_state() {
    std::lock_guard const hold(guard_);
    if (!newest_snapshot_ || written_ < snapshot_ticket_) return;
    storing_ = std::exchange(newest_snapshot_, std::nullopt);
    next_part_ = 0;
    state_under_way_ = true;
  }
  void store_state() {
    if (!storage_.store_state(*storing_, next_part_)) return;
    state_position_ = storing_->position;
    storing_.reset();
    std::lock_guard const hold(guard_);
    state_under_way_ = false;
    room_.notify_all();
  }

  void maintain() {
    try {
      storage_.maintain();
    } catch (statement_error const& e) {
      if (e.lost) throw;
      warn(std::string("pg_partman's maintenance failed, days are still made when they are needed: ") + e.what());
    }
  }

  void set_up(bool up, std::string const& why) {
    if (up_.exchange(up) != up && events_.on_state) events_.on_state(up, why);
  }
  void warn(std::string const& text) {
    if (events_.on_warning) events_.on_warning(text);
  }

  options const options_;
  writer_events const events_;
  storage storage_;
  std::unique_ptr<spill> spill_;
  mutable std::mutex guard_;
  std::optional<engine_snapshot> newest_snapshot_;  // not begun
  std::uint64_t snapshot_ticket_ = 0;               // the batch that it came with
  std::optional<engine_snapshot> storing_;          // the thread's own
  std::size_t next_part_ = 0;
  bool state_under_way_ = false;
  bool blocked_ = false;
  std::condition_variable work_, room_;
  std::deque<waiting> queue_;
  std::size_t waiting_bytes_ = 0;  // queued and being written
  clock::time_point oldest_;
  std::uint64_t started_at_ = 0, last_ = 0;
  bool stopping_ = false, draining_ = false, fenced_ = false, ended_ = false;
  std::thread thread_;
};

writer::writer(options o, writer_events events) : impl_(std::make_unique<impl>(std::move(o), std::move(events))) {}
writer::~writer() = default;
start_state writer::start() { return impl_->start(); }
bool writer::submit(batch&& b) { return impl_->submit(std::move(b)); }
bool writer::up() const { return impl_->up_; }
std::uint64_t writer::committed() const { return impl_->committed_; }
std::uint64_t writer::retimed() const { return impl_->retimed_; }
std::uint64_t writer::refused() const { return impl_->refused_; }
bool writer::state_waits() const { return impl_->state_waits_now(); }
std::uint64_t writer::submitted() const { return impl_->submitted_; }
std::uint64_t writer::written() const { return impl_->written_; }
std::uint64_t writer::state_position() const { return impl_->state_position_; }
std::size_t writer::queued_bytes() const { return impl_->queued_bytes(); }
std::size_t writer::spilled_bytes() const { return impl_->spilled_bytes(); }
std::string writer::trouble() const { return impl_->trouble(); }
std::int64_t writer::database_bytes() const { return impl_->database_bytes_; }
std::int64_t writer::rejected_bytes() const { return impl_->rejected_bytes_; }
bool writer::drain(std::chrono::milliseconds limit) { return impl_->drain(limit); }
void writer::stop() { impl_->stop(); }

}  // namespace ioc::postgres
