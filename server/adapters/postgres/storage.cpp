#include "adapters/postgres/storage.hpp"

#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/migrate.hpp"
#include "adapters/postgres/registry_store.hpp"
#include "adapters/postgres/sql.hpp"
#include "adapters/postgres/text.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace ioc::postgres {

namespace {

constexpr int refused_part = 1'000'000;  // beyond any element number of a message

template <class T = std::int64_t>
T number(std::string_view text) {
  T v{};
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

std::int64_t day_of(core::time_point t) { return std::chrono::floor<std::chrono::days>(t).time_since_epoch().count(); }

// B-tree entries end at 2.7 KB; a name of a channel that long is no name.
constexpr std::size_t longest_name = 512;
std::string name_text(std::string_view s) { return clean_text(s.substr(0, longest_name)); }

void series_key(reading_row const& r, std::string& key) {
  key.clear();
  key.append(r.unit).append(1, '\x1f').append(r.device).append(1, '\x1f').append(r.metric);
}

}  // namespace

storage::storage(options o)
    : options_(std::move(o)), run_(boost::uuids::to_string(boost::uuids::random_generator{}())), application_("iocd writer " + run_.substr(0, 13)) {}

void storage::connect() {
  close();
  auto fresh = std::make_unique<link>(options_, application_);
  std::lock_guard const hold(connection_guard_);
  link_ = std::move(fresh);
}

void storage::close() {
  std::lock_guard const hold(connection_guard_);
  link_.reset();
  series_.clear();
  days_.clear();
  days_known_ = false;
}

void storage::interrupt() noexcept {
  std::lock_guard const hold(connection_guard_);
  if (link_) link_->interrupt();
}

bool storage::lock(std::chrono::milliseconds limit) {
  link_->limit(limit + options_.call_limit);
  link_->script("set lock_timeout = " + std::to_string(std::max<std::int64_t>(1, limit.count())));
  bool got = true;
  try {
    link_->run(sql::lock, {std::to_string(options_.shard)});
  } catch (statement_error const& e) {
    if (e.sqlstate != "55P03") throw;
    got = false;
  }
  link_->script("set lock_timeout = 0");
  link_->limit(options_.call_limit);
  return got;
}

std::string storage::holder(std::string& application) {
  auto const found = link_->run(sql::lock_holder, {std::to_string(options_.shard)});
  application = found.size() ? std::string(found.text(0, 2)) : "";
  return found.size() ? std::string(found.text(0, 0)) : "";
}

start_state storage::open_first() {
  try {
    connect();
    migrate(*link_, options_);
    // The lock comes before the read: a predecessor that was killed may still be committing, and what it commits must be seen.
    if (!lock(options_.lock_wait)) {
      std::string application;
      std::string const pid = holder(application);
      throw std::runtime_error("another iocd writes the database " + place_of(options_) + " (backend " + pid + ", \"" + application + "\"): stop it first");
    }
    auto const claimed = link_->run(sql::claim_position, {std::to_string(options_.shard), run_});
    start_state s;
    s.position = number<std::uint64_t>(claimed.text(0, 0));
    if (!claimed.null(0, 1)) s.ledger_json = claimed.text(0, 1);
    auto const engine = link_->run(sql::read_engine, {std::to_string(options_.shard)});
    if (engine.size())
      s.snapshot = engine_snapshot{number<std::uint64_t>(engine.text(0, 0)), number<int>(engine.text(0, 1)), from_hex(engine.text(0, 2).substr(2))};
    return s;
  } catch (statement_error const& e) {
    close();
    if (e.lost) throw unavailable("PostgreSQL at " + place_of(options_) + " went away during the start: " + e.what());
    std::string sentence = "PostgreSQL at " + place_of(options_) + " refused the start: " + e.what();
    if (e.sqlstate == "42501") sentence += " (is the account the database's owner? Else run deploy/postgres/create-extensions as a superuser)";
    throw std::runtime_error(sentence);
  } catch (...) {
    close();
    throw;
  }
}

std::uint64_t storage::open_again() {
  connect();
  while (!lock(std::chrono::milliseconds{500})) {
    std::string application;
    std::string const pid = holder(application);
    if (pid.empty()) continue;  // let go between the two questions
    if (application != application_) throw fenced("another iocd (\"" + application + "\", backend " + pid + ") has taken over the database " + place_of(options_));
    link_->run(sql::terminate, {pid});  // our own dead connection, whose end the server has not noticed
  }
  auto const row = link_->run(sql::read_position, {std::to_string(options_.shard)});
  if (row.size() != 1 || row.text(0, 2) != run_) throw fenced("another iocd has written the database " + place_of(options_) + " meanwhile");
  return number<std::uint64_t>(row.text(0, 0));
}

// A group of batches, sorted by table. Objects and devices once each: a statement cannot change one row twice.
struct storage::merged {
  items<reading_row> readings;
  items<event_row> events;
  items<rejected_row> rejected;
  items<object_row> objects;
  items<log_row> log;
  items<device_row> devices;
  std::vector<registry_row const*> registry;  // in order
  engine_snapshot const* snapshot = nullptr;
  std::string const* ledger = nullptr;
  std::uint64_t position = 0;

  merged(std::deque<batch> const& group, std::uint64_t committed) {
    std::unordered_map<std::string, std::size_t> object_at, device_at;
    for (auto const& b : group) {
      position = std::max(position, b.position);
      if (!b.ledger_json.empty()) ledger = &b.ledger_json;
      if (b.snapshot) snapshot = &*b.snapshot;
      if (b.position > committed) {
        for (auto const& r : b.readings) readings.push_back({&r, b.position});
        for (auto const& r : b.events) events.push_back({&r, b.position});
        for (auto const& r : b.registry) registry.push_back(&r);
      }
      for (auto const& r : b.rejected) rejected.push_back({&r, b.position});
      for (auto const& r : b.log) log.push_back({&r, b.position});
      for (auto const& r : b.objects) {
        auto const [it, fresh] = object_at.try_emplace(r.kind + '\x1f' + r.id, objects.size());
        if (fresh) objects.push_back({&r, b.position});
        else if (r.version >= objects[it->second].row->version) objects[it->second] = {&r, b.position};
      }
      for (auto const& r : b.devices) {
        auto const [it, fresh] = device_at.try_emplace(r.unit + '\x1f' + r.device, devices.size());
        if (fresh) devices.push_back({&r, b.position});
        else if (r.seen >= devices[it->second].row->seen) devices[it->second] = {&r, b.position};
      }
    }
  }
};

void storage::store(std::deque<batch> const& group, std::uint64_t committed) {
  merged const m(group, committed);
  link_->limit(options_.call_limit);
  try {
    transaction(m, false);
  } catch (statement_error const& e) {
    if (!e.data()) throw;
    // One row cannot be stored (or a day was dropped under us). Nobody else's rows may wait for it: find it by halves.
    link_->limit(options_.call_limit * 4);
    link_->run("rollback");
    series_.clear();
    days_known_ = false;
    transaction(m, true);
  }
}

void storage::transaction(merged const& m, bool carefully) {
  find_series(m.readings);
  make_days(m.readings);
  std::string const shard = std::to_string(options_.shard);
  link_->run("begin");
  auto const ours = link_->run(sql::advance, {shard, std::to_string(m.position), m.ledger ? parameter(clean_json(*m.ledger)) : std::nullopt, run_});
  if (ours.affected() != 1) {
    link_->run("rollback");
    throw fenced("another iocd has claimed the database " + place_of(options_));
  }
  if (carefully) {
    std::vector<rejected_row> refused;
    put_carefully(m.readings, refused);
    put_carefully(m.events, refused);
    put_carefully(m.objects, refused);
    put_carefully(m.log, refused);
    put_carefully(m.devices, refused);
    put_carefully(m.rejected, refused);
    for (auto const* r : m.registry) {  // few, and in order
      link_->run("savepoint half");
      try {
        put_registry(*link_, {r});
        link_->run("release half");
      } catch (statement_error const& e) {
        if (!e.data()) throw;
        link_->run("rollback to half");
        link_->run("release half");
        refused.push_back({m.position, refused_part + static_cast<int>(refused.size()), core::time_point{}, "registry/" + r->device, r->doc,
                           std::string("database: ") + e.what(), "registry", r->unit});
      }
    }
    items<rejected_row> kept;
    for (auto const& r : refused) kept.push_back({&r, r.position});
    put(kept);
    refused_ += refused.size();
    if (!refused.empty()) warning_ = std::to_string(refused.size()) + " rows were refused by PostgreSQL and kept in the table rejected; the first: " + refused.front().reason;
  } else {
    put(m.readings);
    put(m.events);
    put(m.rejected);
    put(m.objects);
    put(m.log);
    put(m.devices);
    put_registry(*link_, m.registry);
  }
  if (m.snapshot)
    link_->run(sql::put_engine, {shard, std::to_string(m.snapshot->position), std::to_string(m.snapshot->format), "\\x" + hex(m.snapshot->bytes)});
  link_->run("commit");
}

void storage::find_series(items<reading_row> const& all) {
  std::string key;
  std::unordered_map<std::string, reading_row const*> missing;
  for (auto const& [r, position] : all) {
    series_key(*r, key);
    if (!series_.contains(key)) missing.try_emplace(key, r);
  }
  if (missing.empty()) return;
  // In a transaction of its own: an id in the cache is one that is committed.
  std::set<std::array<std::string, 3>> names;
  for (auto const& [raw, r] : missing) names.insert({name_text(r->unit), name_text(r->device), name_text(r->metric)});
  array_text units, devices, metrics;
  for (auto const& n : names) {
    units.add(n[0]);
    devices.add(n[1]);
    metrics.add(n[2]);
  }
  auto const made = link_->run(sql::series_ids, {units.take(), devices.take(), metrics.take()});
  std::map<std::array<std::string, 3>, std::int32_t> ids;
  for (int i = 0; i < made.size(); ++i)
    ids[{std::string(made.text(i, 1)), std::string(made.text(i, 2)), std::string(made.text(i, 3))}] = number<std::int32_t>(made.text(i, 0));
  for (auto const& [raw, r] : missing) series_[raw] = ids.at({name_text(r->unit), name_text(r->device), name_text(r->metric)});
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
  for (auto const& [r, position] : all)
    if (auto const d = day_of(filed_at(*r)); !days_.contains(d)) missing.insert(d);
  // A few at a time: each new table holds locks until the statement's end.
  constexpr std::size_t at_once = 16;
  for (auto it = missing.begin(); it != missing.end();) {
    array_text times;
    for (std::size_t n = 0; n < at_once && it != missing.end(); ++n, ++it) times.add(timestamp(core::time_point{std::chrono::days{*it}}));
    link_->limit(options_.call_limit);
    link_->run(sql::make_days, {times.take()});
  }
  days_.insert(missing.begin(), missing.end());
  link_->limit(options_.call_limit);
}

void storage::maintain() {
  link_->limit(options_.call_limit);
  link_->run(sql::maintain);
  days_known_ = false;  // retention may have dropped some
}

void storage::ping() {
  link_->limit(std::chrono::seconds{5});
  link_->run("select 1");
}

void storage::put(items<reading_row> const& all) {
  if (all.empty()) return;
  reading_copy copy;
  std::string key;
  for (auto const& [r, position] : all) {
    series_key(*r, key);
    copy.add(*r, series_.at(key));
  }
  link_->copy_in(sql::copy_readings, copy.take());
}

void storage::put(items<event_row> const& all) {
  if (all.empty()) return;
  array_text unit, device, ts, known_at, name, data;
  for (auto const& [r, position] : all) {
    unit.add(clean_text(r->unit));
    device.add(clean_text(r->device));
    ts.add(timestamp(storable(r->t) ? r->t : r->known_at));
    known_at.add(timestamp(r->known_at));
    name.add(clean_text(r->name));
    data.add_or_null(clean_json(r->data));
  }
  link_->run(sql::add_events, {unit.take(), device.take(), ts.take(), known_at.take(), name.take(), data.take()});
}

void storage::put(items<rejected_row> const& all) {
  if (all.empty()) return;
  constexpr std::size_t kept = 4096;
  array_text position, part, received_at, topic, payload, size, reason, source, unit;
  for (auto const& [r, at] : all) {
    position.add(std::to_string(static_cast<std::int64_t>(r->position)));
    part.add(std::to_string(r->part));
    received_at.add(timestamp(r->received_at));
    topic.add(clean_text(r->topic));
    payload.add("\\x" + hex(std::string_view(r->payload).substr(0, kept)));
    size.add(std::to_string(r->payload.size()));
    reason.add(clean_text(r->reason));
    source.add_or_null(clean_text(r->source));
    unit.add_or_null(clean_text(r->unit));
  }
  link_->run(sql::add_rejected, {position.take(), part.take(), received_at.take(), topic.take(), payload.take(), size.take(),
                                 reason.take(), source.take(), unit.take()});
}

void storage::put(items<object_row> const& all) {
  if (all.empty()) return;
  array_text kind, id, unit, version, state, severity, rule, subject, device, at, alert, open, doc;
  for (auto const& [r, position] : all) {
    kind.add(clean_text(r->kind));
    id.add(clean_text(r->id));
    unit.add(clean_text(r->unit));
    version.add(std::to_string(r->version));
    state.add(clean_text(r->state));
    if (r->severity) severity.add(std::to_string(*r->severity)); else severity.add_null();
    rule.add_or_null(clean_text(r->rule));
    subject.add_or_null(clean_text(r->subject));
    device.add_or_null(clean_text(r->device));
    at.add(timestamp(r->at));
    alert.add_or_null(clean_text(r->alert));
    open.add(r->open ? "t" : "f");
    doc.add(clean_json(r->doc));
  }
  link_->run(sql::put_objects, {kind.take(), id.take(), unit.take(), version.take(), state.take(), severity.take(), rule.take(),
                                subject.take(), device.take(), at.take(), alert.take(), open.take(), doc.take()});
}

void storage::put(items<log_row> const& all) {
  if (all.empty()) return;
  array_text kind, id, version, at, what, by, detail;
  for (auto const& [r, position] : all) {
    kind.add(clean_text(r->kind));
    id.add(clean_text(r->id));
    version.add(std::to_string(r->version));
    at.add(timestamp(r->at));
    what.add(clean_text(r->what));
    by.add_or_null(clean_text(r->by));
    detail.add_or_null(clean_json(r->detail));
  }
  link_->run(sql::add_log, {kind.take(), id.take(), version.take(), at.take(), what.take(), by.take(), detail.take()});
}

void storage::put(items<device_row> const& all) {
  if (all.empty()) return;
  array_text unit, device, doc, seen;
  for (auto const& [r, position] : all) {
    unit.add(clean_text(r->unit));
    device.add(clean_text(r->device));
    doc.add(clean_json(r->doc));
    seen.add(timestamp(r->seen));
  }
  link_->run(sql::put_devices, {unit.take(), device.take(), doc.take(), seen.take()});
}

namespace {
// What is kept of a row that PostgreSQL refused: enough to find it again.
rejected_row remains(reading_row const& r) { return {0, 0, r.known_at, r.device + "/" + r.metric, core::to_json(r.v), "", "reading", r.unit}; }
rejected_row remains(event_row const& r) { return {0, 0, r.known_at, r.device + "/" + r.name, r.data, "", "event", r.unit}; }
rejected_row remains(object_row const& r) { return {0, 0, r.at, r.kind + "/" + r.id, r.doc, "", "object", r.unit}; }
rejected_row remains(log_row const& r) { return {0, 0, r.at, r.kind + "/" + r.id + "/" + r.what, r.detail, "", "log", ""}; }
rejected_row remains(device_row const& r) { return {0, 0, r.seen, r.device, r.doc, "", "device", r.unit}; }
rejected_row remains(rejected_row const& r) { return r; }
}  // namespace

template <class T>
void storage::put_carefully(items<T> const& all, std::vector<rejected_row>& refused) {
  if (all.empty()) return;
  link_->run("savepoint half");
  try {
    put(all);
    link_->run("release half");
    return;
  } catch (statement_error const& e) {
    if (!e.data()) throw;
    link_->run("rollback to half");
    link_->run("release half");
    if (all.size() == 1) {
      auto row = remains(*all.front().row);
      row.position = all.front().position;
      row.part = refused_part + static_cast<int>(refused.size());
      row.reason = std::string("database: ") + e.what();
      refused.push_back(std::move(row));
      return;
    }
  }
  auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  put_carefully(items<T>(all.begin(), middle), refused);
  put_carefully(items<T>(middle, all.end()), refused);
}

}  // namespace ioc::postgres
