// How readings get into their table: ids, partitions, COPY; and what is kept for how long.
#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/storage.hpp"
#include "adapters/postgres/text.hpp"

#include <charconv>

namespace ioc::postgres {

namespace {

template <class T = std::int64_t>
T number(std::string_view text) {
  T v{};
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

std::int64_t day_of(core::time_point t) { return std::chrono::floor<std::chrono::days>(t).time_since_epoch().count(); }

// B-tree and GIN entries end at 2.7 KB; a name of a channel that long is no name.
constexpr std::size_t longest_name = 512;
std::string name_text(std::string_view s) { return clean_text(s.substr(0, longest_name)); }

// Pieces this large are sent while the next is made, so that both processors work.
constexpr std::size_t piece = std::size_t{1} << 17;

void device_key(reading_row const& r, std::string& key) { key.assign(r.unit).append(1, '\x1f').append(r.device); }

}  // namespace

void storage::find_devices(items<reading_row> const& all) {
  std::string key;
  std::unordered_map<std::string, reading_row const*> missing;
  for (auto const& [r, position] : all) {
    device_key(*r, key);
    if (!devices_.contains(key)) missing.try_emplace(key, r);
  }
  if (missing.empty()) return;
  // In a transaction of its own: an id in the cache is one that is committed.
  std::set<std::pair<std::string, std::string>> names;
  for (auto const& [raw, r] : missing) names.emplace(name_text(r->unit), name_text(r->device));
  array_text units, devices;
  for (auto const& [unit, device] : names) {
    units.add(unit);
    devices.add(device);
  }
  auto const made = link_->run(sql::device_ids, {units.take(), devices.take()});
  std::map<std::pair<std::string, std::string>, std::int32_t> ids;
  for (int i = 0; i < made.size(); ++i) ids[{std::string(made.text(i, 1)), std::string(made.text(i, 2))}] = number<std::int32_t>(made.text(i, 0));
  for (auto const& [raw, r] : missing) devices_[raw] = ids.at({name_text(r->unit), name_text(r->device)});
}

void storage::find_layouts(items<reading_row> const& all) {
  constexpr std::size_t most_cached = 50'000;
  if (layouts_.size() > most_cached) layouts_.clear();
  layout_ptr last;
  for (auto const& [r, position] : all) {
    if (r->layout == last) continue;
    last = r->layout;
    auto const [it, fresh] = layouts_.try_emplace(last, 0);
    if (fresh) it->second = layout_id(last->metrics);
  }
}

std::int32_t storage::layout_id(std::vector<std::string> const& metrics) {
  array_text names;
  for (auto const& m : metrics) names.add(name_text(m));
  return number<std::int32_t>(link_->run(sql::layout_id, {names.take()}).text(0, 0));
}

void storage::make_days(items<reading_row> const& all) {
  if (all.empty()) return;
  if (!days_known_) {
    days_.clear();
    auto const names = link_->run(sql::days);
    for (int i = 0; i < names.size(); ++i) {  // reading_p2026_11_22
      auto const n = names.text(i, 0);
      if (n.size() < 10) continue;
      auto const d = n.substr(n.size() - 10);
      std::chrono::year_month_day const date{std::chrono::year{number<int>(d.substr(0, 4))}, std::chrono::month{number<unsigned>(d.substr(5, 2))},
                                             std::chrono::day{number<unsigned>(d.substr(8, 2))}};
      if (date.ok()) days_.insert(std::chrono::sys_days{date}.time_since_epoch().count());
    }
    days_known_ = true;
  }
  std::set<std::int64_t> missing;
  std::int64_t last = -1;
  for (auto const& [r, position] : all)
    if (auto const d = day_of(filed_at(*r)); d != last && !days_.contains(last = d)) missing.insert(d);
  // A few at a time: each new table holds locks until the statement's end.
  constexpr std::size_t at_once = 8;
  for (auto it = missing.begin(); it != missing.end();) {
    array_text times;
    for (std::size_t n = 0; n < at_once && it != missing.end(); ++n, ++it) times.add(timestamp(core::time_point{std::chrono::days{*it}}));
    link_->limit(options_.call_limit);
    link_->run(sql::make_partitions, {times.take()});
  }
  days_.insert(missing.begin(), missing.end());
  link_->limit(options_.call_limit);
}

void storage::put(items<reading_row> const& all) {
  if (all.empty()) return;
  copy_stream out;
  std::string key;
  core::time_point newest = newest_;
  auto const horizon = raw_horizon();
  link_->copy_begin(sql::copy_readings);
  for (auto const& [r, position] : all) {
    device_key(*r, key);
    auto const device = devices_.at(key);
    out.add(*r, device, layouts_.at(r->layout));
    auto const t = filed_at(*r);
    newest = std::max(newest, t);
    last_known_ = std::max(last_known_, r->known_at);
    // Older than what is kept: its roll-ups could not be made from all of their rows any more, and stay as they are.
    if (t >= horizon) book_.add(*r, t, device);
    if (out.size() < piece) continue;
    link_->copy_piece(out.bytes());
    out.clear();
  }
  out.end();
  link_->copy_piece(out.bytes());
  link_->copy_end();
  note_newest(newest);
}

core::time_point storage::raw_horizon() const {
  if (options_.keep.raw_days == 0) return first_storable;
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) - std::chrono::days{options_.keep.raw_days};
}

void storage::maintain() {
  link_->limit(options_.call_limit);
  auto const keep = [&](char const* table, int days) {
    link_->run(sql::set_retention, {table, days ? std::optional(std::to_string(days) + " days") : std::nullopt});
  };
  keep("public.reading", options_.keep.raw_days);
  keep("public.reading_minute", options_.keep.minute_days);
  keep("public.reading_hour", options_.keep.hour_days);
  keep("public.reading_day", options_.keep.day_days);
  for (auto const* table : {"public.reading", "public.reading_minute", "public.reading_hour", "public.reading_day"}) {
    link_->limit(options_.call_limit);
    link_->run(sql::maintain, {table});
  }
  days_known_ = false;  // retention may have dropped some
  auto const by_age = [&](char const* sql, int days) {
    if (!days) return;
    auto const until = timestamp(std::chrono::floor<core::duration>(std::chrono::system_clock::now()) - std::chrono::days{days});
    // By thousands, so that no delete holds up what is waiting; the rest goes with the next round.
    for (int round = 0; round < 20; ++round) {
      link_->limit(options_.call_limit);
      if (link_->run(sql, {until}).affected() == 0) return;
    }
  };
  by_age(sql::drop_old_events, options_.keep.event_days);
  by_age(sql::drop_old_rejected, options_.keep.rejected_days);
}

store_sizes storage::sizes() {
  link_->limit(std::chrono::seconds{10});
  auto const row = link_->run(sql::store_sizes);
  return {number(row.text(0, 0)), number(row.text(0, 1))};
}

}  // namespace ioc::postgres
