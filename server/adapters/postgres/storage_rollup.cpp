// Roll-ups. A minute is added up in memory while its rows are stored and written once when it has closed; hours and days are made from
// the level below when they have closed. What memory cannot tell exactly (late rows, corrections, minutes in which this process
// started) stands in rollup_due, committed with the rows that caused it, and is made again from what is stored. So a kill at any
// moment leaves either a right bucket or one that is named as due.
#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/storage.hpp"
#include "adapters/postgres/text.hpp"

#include <algorithm>
#include <charconv>

namespace ioc::postgres {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t minutes_at_once = 5'000;  // devices' minutes in one transaction
constexpr std::int32_t devices_at_once = 5'000;
constexpr int least_slice = 20, most_slice = 5'000;

std::int64_t number(std::string_view text) {
  std::int64_t v{};
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

}  // namespace

// After each connect: what was open in memory may have been written or not, so everything unclosed is made from the rows.
void storage::read_rollup_state() {
  auto const row = link_->run(sql::rollup_state, {std::to_string(options_.shard)});
  auto const at = [&](int column) { return core::from_us(number(row.text(0, column))); };
  hour_until_ = at(1);
  day_until_ = at(2);
  newest_ = at(3);
  book_.start(minute_of(at(0)), minute_of(newest_) + 1);
  planned_device_ = 0;
}

// Rounded up to the minute, so that it changes once a minute and not with every transaction.
void storage::note_newest(core::time_point t) {
  if (t <= newest_) return;
  newest_ = std::chrono::ceil<std::chrono::minutes>(t);
  link_->run(sql::note_newest, {std::to_string(options_.shard), timestamp(newest_)});
}

void storage::put_due(std::vector<due_minute> const& due, int level) {
  if (due.empty()) return;
  array_text at, device;
  for (auto const& d : due) {
    at.add(timestamp(begin_of(d.minute)));
    device.add(std::to_string(d.device));
  }
  link_->run(sql::add_due, {std::to_string(level), at.take(), device.take()});
}

bool storage::roll(bool idle) {
  auto const now = std::chrono::floor<core::duration>(std::chrono::system_clock::now());
  // Not beyond the machine's own clock: nothing that arrives later may find its minute closed only because one clock ran ahead.
  auto const seen = std::min(idle ? now : last_known_, now);
  auto const until = minute_of(seen - options_.rollup_grace);
  link_->limit(options_.call_limit);
  if (until > book_.until()) return close_minutes(until);
  auto const closed = begin_of(book_.until());
  // After a long stop step by step: no statement may take longer than one of the writer's.
  if (auto const hour = std::min<core::time_point>(std::chrono::floor<std::chrono::hours>(closed), hour_until_ + 24h); hour > hour_until_) {
    if (plan(1, hour_until_, hour)) return true;
    advance_rollup(sql::close_hours, hour);
    hour_until_ = hour;
    return true;
  }
  if (auto const day = std::min<core::time_point>(std::chrono::floor<std::chrono::days>(hour_until_), day_until_ + 30 * 24h); day > day_until_) {
    if (plan(2, day_until_, day)) return true;
    advance_rollup(sql::close_days, day);
    day_until_ = day;
    return true;
  }
  return mend();
}

bool storage::close_minutes(std::int64_t until) {
  if (book_.until() < book_.exact_from()) {
    auto const gap = std::min({until, book_.exact_from(), book_.until() + 10});
    if (plan(0, begin_of(book_.until()), begin_of(gap))) return true;
    advance_rollup(sql::close_minutes, begin_of(gap));
    book_.closed(gap);
    return true;
  }
  std::vector<closed_minute> whole;
  std::vector<due_minute> due;
  book_.take(until, minutes_at_once, whole, due);
  bool const last = whole.size() + due.size() < minutes_at_once;
  auto const reached = last ? std::optional(until) : std::nullopt;
  if (!write_minutes(whole, due, reached)) {
    // A row stands there already (a device far ahead of the others was rolled up early): all of these from the stored rows.
    for (auto const& w : whole) due.push_back({w.minute, w.device});
    write_minutes({}, due, reached);
  }
  if (last) book_.closed(until);
  return true;
}

// False: a row was refused, nothing was written.
bool storage::write_minutes(std::vector<closed_minute> const& whole, std::vector<due_minute> const& due, std::optional<std::int64_t> until) {
  for (auto const& w : whole) {
    auto const [it, fresh] = minute_layouts_.try_emplace(w.metrics, 0);
    if (!fresh) continue;
    std::vector<std::string> names;
    for (int const m : w.metrics) names.push_back(book_.metric(m));
    it->second = layout_id(names);
  }
  link_->run("begin");
  fence(0, nullptr);
  try {
    if (!whole.empty()) {
      copy_stream out;
      link_->copy_begin(sql::copy_minutes);
      for (auto const& w : whole) out.add_rollup(begin_of(w.minute), w.device, minute_layouts_.at(w.metrics), w.numbers, w.metrics.size());
      out.end();
      link_->copy_piece(out.bytes());
      link_->copy_end();
    }
  } catch (statement_error const& e) {
    if (!e.data()) throw;
    link_->run("rollback");
    return false;
  }
  put_due(due, 0);
  if (until) link_->run(sql::close_minutes, {std::to_string(options_.shard), timestamp(begin_of(*until))});
  link_->run("commit");
  return true;
}

// Names what is to be made of a level, some thousand devices at a time. True: there are more devices.
bool storage::plan(int level, core::time_point from, core::time_point to) {
  auto const most = static_cast<std::int32_t>(number(link_->run(sql::most_device).text(0, 0)));
  if (planned_device_ >= most) {
    planned_device_ = 0;
    return false;
  }
  auto const next = planned_device_ + devices_at_once;
  link_->run("begin");
  fence(0, nullptr);
  link_->run(sql::plan_rollup, {std::to_string(level), timestamp(from), timestamp(to), std::to_string(planned_device_), std::to_string(next)});
  link_->run("commit");
  planned_device_ = next;
  return true;
}

void storage::advance_rollup(char const* sql, core::time_point until) {
  link_->run("begin");
  fence(0, nullptr);
  link_->run(sql, {std::to_string(options_.shard), timestamp(until)});
  link_->run("commit");
}

bool storage::mend() {
  // Minutes first, they feed the rest; but a stream of late minutes may not keep hours and days waiting for ever.
  auto const next = link_->run(++mend_turn_ % 4 ? sql::next_due : sql::last_due);
  if (next.size() == 0) return false;
  auto const begin = clock::now();
  link_->run("begin");
  fence(0, nullptr);
  auto const made = number(link_->run(sql::mend_rollup, {std::string(next.text(0, 0)), std::to_string(mend_slice_), std::to_string(options_.shard)}).text(0, 0));
  link_->run("commit");
  auto const took = clock::now() - begin;
  if (took > 100ms) mend_slice_ = std::max(least_slice, mend_slice_ / 2);
  else if (took < 30ms && made == mend_slice_) mend_slice_ = std::min(most_slice, mend_slice_ * 2);
  return true;
}

}  // namespace ioc::postgres
