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
  devices_.clear();
  layouts_.clear();
  minute_layouts_.clear();
  days_.clear();
  days_known_ = false;
  kept_rejected_.clear();
}

void storage::interrupt() noexcept {
  std::lock_guard const hold(connection_guard_);
  if (link_) link_->interrupt();
}

void storage::ping() {
  link_->limit(std::chrono::seconds{5});
  link_->run("select 1");
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
    read_rollup_state();
    start_state s;
    s.position = number<std::uint64_t>(claimed.text(0, 0));
    if (!claimed.null(0, 1)) s.ledger_json = claimed.text(0, 1);
    s.snapshot = read_state();
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
  read_rollup_state();
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
  std::string const* ledger = nullptr;
  std::uint64_t position = 0;

  merged(std::deque<batch> const& group, std::uint64_t committed) {
    std::unordered_map<std::string, std::size_t> object_at, device_at;
    for (auto const& b : group) {
      position = std::max(position, b.position);
      if (!b.ledger_json.empty()) ledger = &b.ledger_json;
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
    devices_.clear();
    layouts_.clear();
    minute_layouts_.clear();
    days_known_ = false;
    newest_ = {};  // what was noted of it was rolled back
    transaction(m, true);
  }
}

// First in each transaction: whoever lost the database to another process may write nothing.
void storage::fence(std::uint64_t position, std::string const* ledger) {
  auto const ours = link_->run(sql::advance, {std::to_string(options_.shard), std::to_string(position),
                                              ledger ? parameter(clean_json(*ledger)) : std::nullopt, run_});
  if (ours.affected() == 1) return;
  link_->run("rollback");
  throw fenced("another iocd has claimed the database " + place_of(options_));
}

void storage::transaction(merged const& m, bool carefully) {
  find_devices(m.readings);
  find_layouts(m.readings);
  make_days(m.readings);
  link_->run("begin");
  fence(m.position, m.ledger);
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
  put_due(book_.take_due(), 0);
  link_->run("commit");
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
  if (kept_rejected_.empty()) {
    auto const today = link_->run(sql::rejected_by_day);
    for (int i = 0; i < today.size(); ++i) kept_rejected_[{std::string(today.text(i, 0)), number(today.text(i, 1))}] = number(today.text(i, 2));
  }
  array_text position, part, received_at, topic, payload, size, reason, source, unit;
  for (auto const& [r, at] : all) {
    // A flood of refused messages is counted whole, in the ledger; of each source and day only so many are kept.
    auto const day = std::chrono::floor<std::chrono::days>(r->received_at).time_since_epoch().count();
    if (r->part < refused_part && ++kept_rejected_[{r->source, day}] > options_.most_rejected) continue;
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
rejected_row remains(reading_row const& r) {
  std::string payload;
  for (std::size_t i = 0; i < r.values.size(); ++i) payload += (i ? "," : "{") + core::json_quote(r.layout->metrics[i]) + ":" + core::to_json(r.values[i].v);
  return {0, 0, r.known_at, r.device, payload + "}", "", "reading", r.unit};
}
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
