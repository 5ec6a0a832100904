#include "app/runner.hpp"

#include "app/live_view.hpp"
#include "app/registry/calls.hpp"
#include "app/registry/device_text.hpp"
#include "app/wire_json.hpp"

#include <boost/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace ioc::app {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {
constexpr std::size_t records_per_round = 512;
constexpr auto drain_time = 3s;          // what waited in the broker arrives within this after a start
constexpr auto keep_ended = 24h;         // ended commands and advice stay in memory this long
constexpr std::string_view at_start = "start";
constexpr int copies_of_surplus = 60;  // a minute: they are all alike, and the ledger counts each
constexpr std::string_view account_cut_mark = "account-cut";
constexpr std::string_view security = "security/";  // the topic of a mark: with the account behind it

std::pair<core::uuid, int> key_of(core::command_send const& s) { return {s.id, s.attempt}; }

std::string sent_record(core::command_send const& s) { return s.id.text() + " " + std::to_string(s.attempt); }

std::optional<std::pair<core::uuid, int>> sent_from(std::string_view text) {
  auto const id = core::uuid::parse(text.substr(0, 36));
  if (!id || text.size() < 38) return std::nullopt;
  return std::pair{*id, std::atoi(std::string{text.substr(37)}.c_str())};
}
core::time_point wall_clock() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }
}  // namespace

runner::runner(parts p, journal::position from, journal::position committed, sent_set sent)
    : parts_(std::move(p)), at_(from), committed_(committed), replay_until_(parts_.log.end()), start_end_(parts_.log.end()), saved_(from), stored_(from), stored_before_(from), sent_(std::move(sent)) {
  ledger_ = ledger_text(parts_.machine.ears().counts(), 0);
}

runner::~runner() { stop(); }

void runner::start() {
  if (!parts_.log.append(journal::record_kind::mark, mark_deaf, at_start)) throw std::runtime_error("the journal is full: free disk space, or raise journal.max_mib");
  replay_until_ = parts_.log.end();
  for (auto const& [code, unit] : parts_.machine.units())
    for (auto const& [id, a] : unit.alerts().open()) show(parts_.screens, a, unit, false);
  for (auto const& [code, unit] : parts_.machine.units())
    for (auto const& [id, a] : unit.acts().all()) show(parts_.screens, a, unit);
  for (auto const& [code, unit] : parts_.machine.units())
    for (auto const& [native, id] : parts_.machine.ears().unclaimed(code)) changed_devices_.insert({code, id});
  refresh_devices(true, true);
  thread_ = std::thread{[this] { run(); }};
}

void runner::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  parts_.log.interrupt();
  thread_.join();
}

void runner::run() {
  journal::record r;
  while (true) {
    bool const last = stopping_;
    std::vector<std::function<void()>> asks;
    {
      std::lock_guard const lock{asks_mutex_};
      asks.swap(asks_);
    }
    for (auto const& ask : asks) ask();

    std::size_t n = 0;
    try {
      while (n < records_per_round && parts_.log.read(at_, r)) {
        take(r);
        ++n;
      }
    } catch (std::exception const& e) {
      parts_.out->critical("the journal cannot be read on: {}", e.what());
      std::this_thread::sleep_for(1s);
    }
    if (n == 0) {
      // No later record can carry an earlier arrival than this, so a replay fires the same timers before the same records.
      if (auto const idle = parts_.log.idle_now(at_)) {
        parts_.machine.tick(*idle, now_);
        if (parts_.request)
          for (auto& asked : parts_.machine.requests_due(*idle)) requests_.push_back(std::move(asked));
      }
    }
    flush();
    if (at_ >= replay_until_ && !caught_up_) {
      caught_up_ = true;
      send_waiting();
    }
    send_requests();
    hand_over_cuts();
    if (n == 0) {
      if (last) break;
      parts_.log.wait(at_, 20ms);
    }
  }
  save_state(true);
}

void runner::post(std::function<void()> ask) {
  {
    std::lock_guard const lock{asks_mutex_};
    asks_.push_back(std::move(ask));
  }
  parts_.log.interrupt();
}

// ---------------------------------------------------------------- one record

void runner::take(journal::record const& r) {
  bool const stored_before = r.next <= committed_;
  switch (r.kind) {
    case journal::record_kind::message: {
      auto heard = parts_.machine.hear(r.message, now_);
      ++messages_;
      if (r.at >= start_end_) {
        ++taken_;
        std::move(heard.requests.begin(), heard.requests.end(), std::back_inserter(requests_));
      }
      changed_since_save_ = true;
      for (auto const& o : heard.observations) {
        changed_devices_.insert(o.device);
        if (stored_before) continue;
        add_rows(o, layouts_, batch_);
        show_readings(parts_.screens, o);
      }
      if (!stored_before && (!heard.surplus || keep_copy_of_surplus(r.message.arrival))) add_rejection(heard, r, batch_);
      if (heard.flooding) {
        cuts_changed_ = true;
        if (!stored_before) take_flood(*heard.flooding, r);
      }
      if (!keepers_.empty()) note_receipts(heard, r);
      if (heard.security && !stored_before) take_security(r, "", written(boost::json::object{{"topic", r.message.topic}, {"reason", heard.reason}}));
      if (heard.what == perceive::outcome::rejected) parts_.out->debug("rejected {}: {}", r.message.topic, heard.reason);
      break;
    }
    case journal::record_kind::operation: {
      operation_reply reply;
      if (auto op = operation_from(r.message.payload)) {
        op->at = r.message.arrival;
        if (op->kind == pipeline::operation_kind::change_registry) {
          take_change(*op, stored_before, reply);
        } else {
          reply.result = parts_.machine.operate(*op, now_);
          reply.state = state_of(parts_.machine, *op);
          reply.json = object_after(parts_.machine, *op, now_);
        }
        changed_since_save_ = true;
        if (!stored_before)
          batch_.log.push_back({"operation", core::name_uuid("operation|" + std::to_string(r.at)).text(), 1, r.message.arrival,
                                std::string{r.message.topic}, op->by, r.message.payload});
      }
      reply.at = r.next;
      answered_.emplace_back(r.next, std::move(reply));
      break;
    }
    case journal::record_kind::sent:
      if (auto const key = sent_from(r.message.payload)) {
        waiting_sends_.erase(*key);
        sent_.insert(*key);
      }
      break;
    case journal::record_kind::mark:
      take_mark(r, stored_before);
      break;
  }
}

// Only a start and the broker's return hold timers: whoever makes the broker refuse something must not be able to put alarms off.
void runner::take_mark(journal::record const& r, bool stored_before) {
  auto const& what = r.message.topic;
  auto const at = r.message.arrival;
  if (what == mark_deaf) {
    parts_.machine.deaf(at);
    if (r.message.payload == at_start) parts_.machine.hold_timers(at + drain_time);
  } else if (what == mark_resumed || what == mark_rejoined) {
    parts_.machine.hears(at, what == mark_rejoined);
    parts_.machine.hold_timers(at + drain_time);
  } else if (what == host_connected_mark) {
    parts_.machine.host_connected(at);
  } else if (what == account_cut_mark) {
    take_cut(r, stored_before);
  } else if (what.starts_with(security) && !stored_before) {
    take_security(r, what.substr(security.size()), r.message.payload);
  }
}

// The registry's row for each device that has changed, and what screens show of it now.
void runner::take_change(pipeline::operation const& op, bool stored_before, operation_reply& reply) {
  std::map<std::string, std::map<std::string, std::string>> unclaimed;
  for (auto const& c : op.changes)
    if (!unclaimed.count(c.device.unit)) unclaimed[c.device.unit] = parts_.machine.ears().unclaimed(c.device.unit);
  auto const results = parts_.machine.change(op, now_);
  reply.result = pipeline::operation_result::done;
  reply.json = results_json(results, op.all_or_nothing);
  bool const nothing = op.all_or_nothing && std::any_of(results.begin(), results.end(), [](auto const& r) { return r.outcome == pipeline::change_outcome::refused; });
  for (auto const& r : results) {
    if (nothing) break;
    if (r.outcome != pipeline::change_outcome::created && r.outcome != pipeline::change_outcome::changed) continue;
    auto const* e = parts_.machine.devices().entry(r.device);
    if (!stored_before) batch_.registry.push_back({r.device.unit, r.device.device, e ? written(to_json(*e)) : std::string{}});
    registry_changed_ = true;
    faces_.erase(r.device);
    if (parts_.machine.devices().find(r.device)) changed_devices_.insert(r.device);
    else {
      changed_devices_.erase(r.device);
      parts_.screens.remove(web::channel::devices, r.device.text(), r.device.unit);
    }
  }
  for (auto const& [unit, before] : unclaimed) {  // those that have been claimed live on under their own name
    auto const now = parts_.machine.ears().unclaimed(unit);
    for (auto const& [native, id] : before)
      if (!now.count(native) && !parts_.machine.devices().find({unit, id})) {
        changed_devices_.erase({unit, id});
        parts_.screens.remove(web::channel::devices, unit + "/" + id, unit);
      }
  }
}

void runner::take_security(journal::record const& r, std::string const& by, std::string detail_json) {
  auto const minute = std::chrono::floor<std::chrono::minutes>(r.message.arrival);
  if (minute != security_minute_) security_events_ = 0;
  security_minute_ = minute;
  if (++security_events_ > 60) return;  // an attack must not fill the disk: it is in the counters
  parts_.out->warn("security: {} {}", by, detail_json);
  batch_.log.push_back({"security", core::name_uuid("security|" + std::to_string(r.at)).text(), 1, r.message.arrival, "security", by, std::move(detail_json)});
}

bool runner::keep_copy_of_surplus(core::time_point arrival) {
  auto const minute = std::chrono::floor<std::chrono::minutes>(arrival);
  if (minute != surplus_minute_) surplus_copies_ = 0;
  surplus_minute_ = minute;
  return ++surplus_copies_ <= copies_of_surplus;
}

void runner::take_flood(perceive::flood const& f, journal::record const& r) {
  auto const publisher = perceive::publisher_name(f.who.unit, f.who.device, f.bridged);
  parts_.out->warn("{} floods: above its quota of {:g} messages/s since {}, {} refused; its account is to be disabled", publisher, f.quota_per_s, core::to_iso(f.since), f.refused);
  batch_.log.push_back({"account", core::name_uuid("flood|" + std::to_string(r.at)).text(), 1, r.message.arrival, "flood", "iocd",
                        written(boost::json::object{{"unit", f.who.unit}, {"device", f.who.device}, {"publisher", publisher}, {"topic", f.topic},
                                                    {"since", core::to_iso(f.since)}, {"refused", f.refused}, {"quota_per_s", f.quota_per_s}})});
}

// Once for each flood of this run; what an earlier run did not come to stands as wanted in the state that it left.
void runner::hand_over_cuts() {
  if (!caught_up_ || !std::exchange(cuts_changed_, false)) return;
  for (auto const& [publisher, f] : parts_.machine.floods()) {
    if (f.cut != pipeline::cut_state::wanted) continue;
    auto& last = handed_cuts_[publisher];
    if (std::exchange(last, f.decided) != f.decided) parts_.cut(publisher, f);
  }
}

void runner::account_cut(std::string const& publisher, pipeline::cut_state is, std::string const& account, std::string const& why) {
  auto const text = written(boost::json::object{{"publisher", publisher}, {"state", pipeline::to_text(is)}, {"account", account}, {"why", why}});
  if (!parts_.log.append(journal::record_kind::mark, account_cut_mark, text))
    parts_.out->error("account {} of {}: {} {}; it stands nowhere: the journal takes no more", account, publisher, pipeline::to_text(is), why);
}

void runner::take_cut(journal::record const& r, bool stored_before) {
  boost::system::error_code bad;
  auto const doc = boost::json::parse(r.message.payload, bad);
  if (bad || !doc.is_object()) return;
  auto const text = [&](std::string_view key) {
    auto const* v = doc.get_object().if_contains(key);
    return v && v->is_string() ? std::string{v->get_string()} : std::string{};
  };
  auto const publisher = text("publisher"), account = text("account"), why = text("why"), state = text("state");
  auto is = pipeline::cut_state::impossible;
  for (auto const s : {pipeline::cut_state::disabled, pipeline::cut_state::no_account})
    if (state == pipeline::to_text(s)) is = s;
  if (!parts_.machine.cut(publisher, is, account, why, r.message.arrival, now_)) {
    if (!stored_before) parts_.out->warn("account {} of {}: {}, and nobody wanted it any more", account, publisher, state);
    return;
  }
  changed_since_save_ = true;
  auto const& f = parts_.machine.floods().at(publisher);
  if (auto const* e = parts_.machine.devices().entry(f.who); e && is == pipeline::cut_state::disabled) {
    if (!stored_before) batch_.registry.push_back({f.who.unit, f.who.device, written(to_json(*e))});
    registry_changed_ = true;
  }
  if (stored_before) return;
  parts_.out->warn("account {} of {}, which floods: {}{}{}", account, publisher, state, why.empty() ? "" : ", ", why);
  auto o = doc.get_object();
  o["unit"] = f.who.unit;
  o["device"] = f.who.device;
  o["refused"] = f.refused;
  o["quota_per_s"] = f.quota_per_s;
  o["since"] = core::to_iso(f.since);
  batch_.log.push_back({"account", core::name_uuid("account|" + std::to_string(r.at)).text(), 1, r.message.arrival, state, "iocd", written(o)});
}

void runner::security_event(std::string const& by, std::string const& detail_json) {
  if (!parts_.log.append(journal::record_kind::mark, std::string{security} + by, detail_json))
    parts_.out->error("security: {} {}; it is not in the audit log: the journal takes no more", by, detail_json);
}

// ---------------------------------------------------------------- what came of it

void runner::flush() {
  bool const acted = !now_.empty() || !answered_.empty();
  bool const rows = acted || !batch_.readings.empty() || !batch_.events.empty() || !batch_.rejected.empty() || !batch_.log.empty();
  if (acted) {
    try {
      // An alert change, an approval and a command survive a power cut before anybody sees them. Telemetry does not wait for the
      // disk here: the journal syncs it in its own time, and the writer before it commits it.
      parts_.log.sync(at_);
    } catch (std::exception const& e) {
      parts_.out->critical("the journal cannot be synced: {}", e.what());
    }
  }
  std::vector<core::command_send> sends;
  for (auto const& [unit, o] : now_) {
    show_and_store(unit, o, batch_);
    sends.insert(sends.end(), o.acts.sends.begin(), o.acts.sends.end());
    changed_since_save_ = true;
  }
  now_.clear();
  refresh_devices(std::exchange(registry_changed_, false));
  if (rows || at_ > committed_) {
    batch_.ledger_json = ledger_ = ledger_text(parts_.machine.ears().counts(), 0);
    batch_.position = at_;
    store_devices();
    if (save_due()) save_state(false);
    if (at_ > 0) {
      parts_.database.submit(std::move(batch_));
      committed_ = std::max(committed_, at_);  // handed over: the writer keeps it until the database has it
      if (auto const now = clock::now(); handed_over_.empty() || now - handed_over_.back().since > 100ms) handed_over_.push_back({parts_.database.submitted(), now});
    }
    batch_ = {};
  } else if (at_ > 0 && save_due()) {
    save_state(false);
    store_devices();
    batch_.position = at_;
    batch_.ledger_json = ledger_;
    parts_.database.submit(std::move(batch_));
    batch_ = {};
  }
  for (auto const& s : sends) {
    if (caught_up_) send(s);
    else if (!sent_.count(key_of(s))) waiting_sends_[key_of(s)] = s;
  }
  for (auto& [position, reply] : answered_) {
    std::lock_guard const lock{replies_mutex_};
    if (auto const waiting = replies_.extract(position)) waiting.mapped().set_value(std::move(reply));
  }
  answered_.clear();
  refresh_summaries();
}

void runner::show_and_store(std::string const& code, pipeline::outcomes const& o, postgres::batch& b) {
  auto const& unit = *parts_.machine.unit(code);
  for (auto const& c : o.alerts.alerts) {
    if (c.what == core::alert_event::raised) {
      ++alerts_raised_;
      raises_[code].push_back(c.alert.raised_at);
      parts_.out->info("alert {} {} {} {} at {}", core::to_text(c.alert.severity), code, c.alert.rule, c.alert.subject, core::to_iso(c.alert.raised_at));
    }
    show(parts_.screens, c.alert, unit, !database_keeps_up());
    if (c.alert.open()) unsaved_[c.alert.id] = {parts_.database.submitted() + 1, clock::now(), !database_keeps_up()};
    else unsaved_.erase(c.alert.id);
    add_rows(c, unit, b);
  }
  for (auto const& s : o.alerts.suppressed) add_rows(s, code, b);
  for (auto const& r : o.recommendations) {
    add_rows(r, b);
    if (auto const* a = unit.alerts().find(r.alert)) show(parts_.screens, *a, unit, !database_keeps_up());  // its card has changed
  }
  for (auto const& a : o.acts.actions) {
    show(parts_.screens, a, unit);
    add_rows(a, unit, b);
  }
  for (auto const& t : o.acts.tasks) {
    show(parts_.screens, t);
    add_rows(t, b);
  }
}

// ---------------------------------------------------------------- commands out

// The record first, synced: a crash behind it costs one attempt, which its timeout repeats; it never sends twice unseen.
void runner::send(core::command_send const& s) {
  auto const now = parts_.log.arrival_now();  // the clock that set `expires`, whatever was done to the wall clock
  if (!sent_.insert(key_of(s)).second) return;
  if (s.expires <= now) {
    parts_.out->warn("command {} to {}/{} not sent: it had expired at {}", s.command, s.unit, s.target, core::to_iso(s.expires));
    return;
  }
  auto const at = parts_.log.append(journal::record_kind::sent, s.unit + "/" + s.target, sent_record(s));
  if (!at) {
    parts_.out->critical("command {} to {}/{} not sent: the journal takes no record of it", s.command, s.unit, s.target);
    return;
  }
  try {
    parts_.log.sync(*at);
  } catch (std::exception const& e) {
    parts_.out->critical("command {} to {}/{} not sent: {}", s.command, s.unit, s.target, e.what());
    return;
  }
  auto const left = std::max(std::chrono::ceil<std::chrono::seconds>(s.expires - now), std::chrono::seconds{1});
  auto const topic = "ioc/v1/" + s.unit + "/" + s.target + (s.drill ? "/drill" : "/command");
  bool const out = parts_.publish(topic, to_wire(s), left);
  ++commands_sent_;
  parts_.out->info("command {} to {}/{} attempt {} {}", s.command, s.unit, s.target, s.attempt, out ? "sent" : "not sent: the broker is away");
}

// Those that keep their records are told how far PostgreSQL has them; what is lost on the way is said again when they repeat.
void runner::note_receipts(perceive::verdict const& heard, journal::record const& r) {
  auto const now = clock::now();
  for (auto const& o : heard.observations)
    if (o.seq && keepers_.contains(o.device)) receipts_.heard(o.device, *o.seq, o.t, r.next, now);
  if (heard.what != perceive::outcome::duplicate) return;
  std::string_view topic = r.message.topic;  // ioc/v1/{unit}/{device}/{kind}
  if (!topic.starts_with("ioc/v1/")) return;
  topic.remove_prefix(7);
  auto const unit = topic.substr(0, topic.find('/'));
  if (unit.size() == topic.size()) return;
  topic.remove_prefix(unit.size() + 1);
  receipts_.repeated({std::string{unit}, std::string{topic.substr(0, topic.find('/'))}});
}

void runner::send_receipts() {
  auto const now = clock::now();
  for (auto const& d : receipts_.take(parts_.database.committed(), now))
    if (parts_.publish("ioc/v1/" + d.device.unit + "/" + d.device.device + "/receipt", "{\"seq\":" + std::to_string(d.seq) + "}", 60s)) receipts_.sent(d, now);
}

void runner::send_waiting() {
  auto const waiting = std::exchange(waiting_sends_, {});
  for (auto const& [key, s] : waiting) send(s);
}

// One that does not go out is not kept: the next connection asks every node anyway.
void runner::send_requests() {
  if (requests_.empty() || !caught_up_) return;
  for (auto const& asked : std::exchange(requests_, {})) {
    bool const out = parts_.request && parts_.request(asked.topic, asked.payload);
    if (out) ++requests_sent_;
    parts_.out->info("{} {}: {}", asked.topic, out ? "asked" : "not asked, the connection is away", asked.why);
  }
}

// ---------------------------------------------------------------- screens

// Draws the devices that somebody follows, so many a round; of the others the hub is told that they are there, and they are drawn when
// somebody looks.
void runner::refresh_devices(bool changed, bool all) {
  constexpr std::size_t most_a_round = 2'000, looked_at_a_round = 2'000;
  auto const now = clock::now();
  changed = changed || all;
  if (!changed && now - last_screen_ < 200ms) return;
  last_screen_ = now;
  auto const at = wall_clock();
  auto const draw = [&](core::device_ref const& d, bool changed_state) {
    auto& seen = faces_[d];
    bool const fresh = !std::exchange(seen.known, true);
    if (parts_.screens.followed(web::channel::devices, d.unit)) {
      show_device(parts_.screens, parts_.machine, d, at);
      seen.drawn = true;
    } else if (fresh || changed_state || std::exchange(seen.drawn, false)) {
      touch_device(parts_.screens, parts_.machine, d, at);
    }
  };
  std::size_t n = 0;
  for (auto d = changed_devices_.begin(); d != changed_devices_.end() && (changed || n < most_a_round); ++n) {
    draw(*d, false);
    unstored_devices_.insert(*d);
    d = changed_devices_.erase(d);
  }
  // Who says nothing changes, too: it grows old.
  auto const& devices = parts_.machine.ears().known().devices.devices();
  if (all || now - last_quiet_ >= 1s || next_quiet_ > 0) {
    if (next_quiet_ == 0) last_quiet_ = now;
    auto const end = all ? devices.size() : std::min(devices.size(), next_quiet_ + looked_at_a_round);
    for (auto i = all ? 0 : next_quiet_; i < end; ++i) {
      if (std::find(devices[i].tags.begin(), devices[i].tags.end(), "receipts") != devices[i].tags.end()) keepers_.insert({devices[i].unit, devices[i].id});
      auto const there = connection_of(parts_.machine, devices[i], at);
      auto const is = std::hash<std::string>{}(std::string{to_text(there.is)} + there.by);
      core::device_ref const d{devices[i].unit, devices[i].id};
      if (std::exchange(faces_[d].connection, is) == is) continue;
      draw(d, true);
    }
    next_quiet_ = end >= devices.size() ? 0 : end;
  }
  refresh_unsaved();
  if (caught_up_) send_receipts();
}

// The copy of each device in the database, for whoever asks there: once in ten seconds at most, some hundred a second, one after the
// other, so that 100,000 devices that speak all the time are a steady trickle. What is live needs none of it: it is in the saved state.
void runner::store_devices() {
  constexpr double a_second = 500;
  auto const now = clock::now();
  if (!database_up_) return;
  if (unstored_devices_.upper_bound(stored_last_) == unstored_devices_.end()) {
    if (now - stored_round_ < 10s) return;
    stored_round_ = now;
    stored_last_ = {};
  }
  device_allowance_ = std::min(a_second, device_allowance_ + a_second * std::chrono::duration<double>(now - stored_at_).count());
  stored_at_ = now;
  auto const at = wall_clock();
  for (auto i = unstored_devices_.upper_bound(stored_last_); i != unstored_devices_.end() && device_allowance_ >= 1; i = unstored_devices_.erase(i)) {
    add_device(parts_.machine, *i, at, batch_);
    stored_last_ = *i;
    device_allowance_ -= 1;
  }
}

// What the database holds is saved; what it has not taken for a second, or while it is away, is shown as unsaved until it has.
void runner::refresh_unsaved() {
  auto const now = clock::now();
  auto const written = parts_.database.written();
  while (!handed_over_.empty() && handed_over_.front().batch <= written) handed_over_.pop_front();
  lagging_ = !handed_over_.empty() && now - handed_over_.front().since > 3s;
  for (auto i = unsaved_.begin(); i != unsaved_.end();) {
    auto& w = i->second;
    bool const is_saved = written >= w.batch;
    bool const late = !is_saved && (!database_keeps_up() || now - w.since > 1s);
    if ((is_saved && w.shown_unsaved) || (late && !w.shown_unsaved)) {
      for (auto const& [code, unit] : parts_.machine.units())
        if (auto const* a = unit.alerts().find(i->first)) show(parts_.screens, *a, unit, late);
      w.shown_unsaved = late;
    }
    i = is_saved ? unsaved_.erase(i) : std::next(i);
  }
}

void runner::refresh_summaries() {
  auto const now = clock::now();
  if (now - last_rate_ >= 2s) {
    rate_ = static_cast<double>(messages_ - messages_at_rate_) / std::chrono::duration<double>(now - last_rate_).count();
    messages_at_rate_ = messages_;
    last_rate_ = now;
  }
  if (now - last_summary_ < 1s) return;
  last_summary_ = now;
  auto const at = wall_clock();
  for (auto const& [code, unit] : parts_.machine.units()) {
    auto& recent = raises_[code];
    std::erase_if(recent, [&](auto t) { return t < at - 70min; });
    parts_.screens.put(web::channel::summary, code, code, summary_json(parts_.machine, unit, recent, rate_, database_keeps_up(), at));
  }
}

// ---------------------------------------------------------------- saved state

// Segments are given back behind the state before the last one: a journal that is nearly full needs two states soon, changed or not.
bool runner::save_due() const {
  auto const since = clock::now() - last_save_;
  if (changed_since_save_ && since > save_every_) return true;
  return parts_.log.nearly_full() && since > 1s && !parts_.database.state_waits() && (changed_since_save_ || stored_before_ != saved_);
}

void runner::save_state(bool last) {
  auto const began = clock::now();
  parts_.machine.prune(wall_clock() - keep_ended);
  std::erase_if(sent_, [this](auto const& key) {
    return std::none_of(parts_.machine.units().begin(), parts_.machine.units().end(), [&](auto const& u) {
      auto const& messages = u.second.acts().saved().messages;
      return messages.count(key.first) > 0;
    });
  });
  batch_.snapshot = postgres::engine_snapshot{at_, pipeline::pipeline::format, saved_text(parts_.machine, sent_, saved_bytes_) + receipts_.saved()};
  saved_bytes_ = batch_.snapshot->bytes.size();
  // Segments below the state before the last one that the database holds.
  if (auto const held = parts_.database.state_position(); held > stored_) {
    stored_before_ = std::exchange(stored_, held);
    parts_.log.release(stored_before_);
  }
  saved_ = at_;
  changed_since_save_ = false;
  last_save_ = clock::now();
  auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(last_save_ - began);
  // At most 2 % of the thread, and two megabytes a second for the database.
  save_every_ = std::max({std::chrono::milliseconds{10'000}, took * 50, std::chrono::milliseconds{saved_bytes_ / 2'000}});
  if (took > 200ms) parts_.out->warn("the state took {} ms to be saved ({:.1f} MB): alerts waited for it", took.count(), static_cast<double>(saved_bytes_) / 1e6);
  if (last && at_ > 0) {
    store_devices();
    batch_.position = at_;
    batch_.ledger_json = ledger_;
    parts_.database.submit(std::move(batch_));
    batch_ = {};
  }
}

// ---------------------------------------------------------------- operations

operation_reply runner::operate(pipeline::operation op) {
  std::future<operation_reply> done;
  journal::position at = 0;
  {
    // Registered under the lock that the pipeline takes to answer, so the answer cannot come first.
    std::lock_guard const lock{replies_mutex_};
    auto const appended = parts_.log.append(journal::record_kind::operation, op.unit, to_record(op));
    if (!appended) throw std::runtime_error("the journal takes no more: " + parts_.log.trouble());
    at = *appended;
    done = replies_[at].get_future();
  }
  parts_.log.sync(at);
  if (done.wait_for(10s) != std::future_status::ready) {
    std::lock_guard const lock{replies_mutex_};
    replies_.erase(at);
    throw std::runtime_error("recorded, but not worked in within 10 s");
  }
  return done.get();
}

}  // namespace ioc::app
