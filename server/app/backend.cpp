#include "app/backend.hpp"

#include "app/wire_json.hpp"

#include <boost/json.hpp>
#include <sodium.h>

#include <algorithm>
#include <thread>

namespace ioc::app {

namespace json = boost::json;
using pipeline::operation_kind;
using pipeline::operation_result;

namespace {

core::time_point now() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

// The web adapter knows only its own word for a database that is away.
template <class F>
auto asking(F f) -> decltype(f()) {
  try {
    return f();
  } catch (postgres::unavailable const& e) {
    throw web::unavailable(e.what());
  }
}

core::uuid fresh_id() {
  core::uuid id;
  randombytes_buf(id.bytes.data(), id.bytes.size());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

std::string_view kind_text(web::object_kind k) {
  switch (k) {
    case web::object_kind::alert: return "alert";
    case web::object_kind::action: return "action";
    case web::object_kind::task: break;
  }
  return "task";
}

std::string problem(std::string_view title, std::string const& state = "") {
  json::object o{{"title", title}};
  if (!state.empty()) o["state"] = state;
  return written(o);
}

// Of a refused record its number in the batch, from 1; null for a whole message, or for what PostgreSQL refused.
json::value record_number(int part) { return part > 0 && part < 1'000'000 ? json::value(part) : json::value(nullptr); }

std::string text_of(json::object const& o, std::string_view key) {
  auto const* v = o.if_contains(key);
  return v && v->is_string() ? std::string{v->as_string()} : std::string{};
}

std::optional<operation_kind> kind_of(web::op_kind k) {
  switch (k) {
    case web::op_kind::ack: return operation_kind::ack;
    case web::op_kind::close: return operation_kind::close;
    case web::op_kind::comment: return operation_kind::comment;
    case web::op_kind::approve_action: return operation_kind::approve_action;
    case web::op_kind::reject_action:
    case web::op_kind::cancel_action: return operation_kind::reject_action;
    case web::op_kind::approve_recommendation: return operation_kind::approve_recommendation;
    case web::op_kind::reject_recommendation: return operation_kind::reject_recommendation;
    case web::op_kind::propose_action: return operation_kind::propose_action;
  }
  return std::nullopt;
}

web::object object_of(std::string const& doc) {
  web::object o;
  boost::system::error_code e;
  auto const v = json::parse(doc, e);
  if (!e && v.is_object()) {
    o.id = text_of(v.get_object(), "id");
    o.unit = text_of(v.get_object(), "unit");
  }
  o.json = doc;
  return o;
}

}  // namespace

// ---------------------------------------------------------------- accounts

std::optional<web::account> backend::find_account(std::string const& name) {
  return asking([&]() -> std::optional<web::account> {
    auto const u = p_.accounts.find_user(name);
    if (!u) return std::nullopt;
    return web::account{u->name, u->full_name, u->role, u->unit, u->password_hash, u->must_change && p_.first_login_changes_password, u->disabled, u->locked_until};
  });
}

void backend::set_password(std::string const& name, std::string const& hash) {
  asking([&] { return p_.accounts.set_password(name, hash, false, now()); });
}

void backend::note_login(std::string const& name, bool ok) {
  asking([&] { return p_.accounts.note_login(name, ok, now()); });
}

void backend::save_session(std::string const& token_hash, std::string const& user, core::time_point ends_at) {
  asking([&] {
    p_.accounts.save_session({token_hash, user, "browser", now(), ends_at, now()});
    return 0;
  });
}

std::optional<web::stored_session> backend::find_session(std::string const& token_hash) {
  return asking([&]() -> std::optional<web::stored_session> {
    auto const s = p_.accounts.find_session(token_hash, now());
    if (!s) return std::nullopt;
    return web::stored_session{s->user, s->ends_at};
  });
}

void backend::delete_session(std::string const& token_hash) {
  asking([&] { return p_.accounts.delete_session(token_hash); });
}

void backend::delete_other_sessions(std::string const& user, std::string const& token_hash) {
  asking([&] { return p_.accounts.delete_sessions_of(user, token_hash); });
}

std::vector<web::unit_node> backend::units() {
  std::vector<web::unit_node> out;
  for (auto const& u : p_.site.tree) {
    web::unit_node n{u.code, u.name.vi, u.parent, u.kind, {}};
    for (auto const& z : u.zones) n.zones.push_back({z.id, z.name.vi});
    out.push_back(std::move(n));
  }
  return out;
}

// ---------------------------------------------------------------- operations

// The unit, among those the user may see, that holds this alert, recommendation or action now.
std::optional<std::string> backend::unit_of(core::uuid id, std::vector<std::string> const& units) {
  return p_.pipeline.look([id, units](pipeline::pipeline const& p) -> std::optional<std::string> {
    for (auto const& code : units)
      if (auto const* u = p.unit(code); u && (u->alerts().find(id) || u->advice().find(id) || u->acts().find(id))) return code;
    return std::nullopt;
  });
}

web::op_result backend::refusal_of_closed(web::operation const& op) {
  bool const alert = op.kind == web::op_kind::ack || op.kind == web::op_kind::close || op.kind == web::op_kind::comment;
  auto const stored = asking([&] { return p_.queries.object(alert ? "alert" : "action", op.id); });
  if (!stored) return {404, problem("Không có mục này trong địa bàn được giao")};
  auto const o = object_of(*stored);
  if (std::find(op.units.begin(), op.units.end(), o.unit) == op.units.end()) return {404, problem("Không có mục này trong địa bàn được giao")};
  auto const state = text_of(json::parse(o.json).as_object(), "state");
  return {409, problem(alert ? "Cảnh báo đã đóng" : "Lệnh đã kết thúc", state)};
}

// 200 says that it is in PostgreSQL; what takes longer counts all the same, and is answered with 202.
bool backend::saved_within(journal::position at, std::chrono::milliseconds limit) const {
  auto const end = std::chrono::steady_clock::now() + limit;
  while (p_.writer.committed() < at) {
    if (!p_.database_up() || std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

namespace {

// "siren.on", "speaker.broadcast_emergency": two words of small letters, digits and underscores.
bool valid_command(std::string_view name) {
  auto const dot = name.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == name.size() || name.size() > 64) return false;
  return std::all_of(name.begin(), name.end(), [&](char const& c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || &c == name.data() + dot;
  });
}

}  // namespace

// What is wrong with a command composed by hand; nothing where it may be proposed.
std::optional<web::op_result> backend::fault_of(pipeline::operation const& o) {
  if (!valid_command(o.command)) return web::op_result{400, problem("command: tên lệnh có dạng nhóm.việc, ví dụ siren.on")};
  // The registry's, not the configuration's: devices come and go while the server runs.
  auto const devices = p_.pipeline.look([unit = o.unit, targets = o.targets](pipeline::pipeline const& p) {
    std::vector<core::device> found;
    for (auto const& t : targets)
      if (auto const* d = p.devices().find({unit, t})) found.push_back(*d);
    return found;
  });
  for (auto t = o.targets.begin(); t != o.targets.end(); ++t) {
    auto const d = std::find_if(devices.begin(), devices.end(), [&](auto const& x) { return x.id == *t; });
    if (d == devices.end()) return web::op_result{404, problem("Không có thiết bị " + *t + " trong địa bàn được giao")};
    if (std::find(o.targets.begin(), t, *t) != t) return web::op_result{400, problem("targets: " + *t + " có hai lần")};
    auto const m = std::find_if(p_.site.models.begin(), p_.site.models.end(), [&](auto const& x) { return x.key == d->model; });
    if (m != p_.site.models.end() && std::find(m->commands.begin(), m->commands.end(), o.command) == m->commands.end())
      return web::op_result{422, problem("Thiết bị " + *t + " không nhận lệnh " + o.command)};
  }
  return std::nullopt;
}

web::op_result backend::operate(web::operation const& op) {
  pipeline::operation o;
  o.kind = *kind_of(op.kind);
  o.by = op.user;
  o.role = op.role;
  o.text = op.text;
  if (op.kind == web::op_kind::propose_action) {
    auto const body = json::parse(op.body_json).as_object();
    o.id = fresh_id();
    o.alert = text_of(body, "alert");
    o.command = text_of(body, "command");
    o.text = text_of(body, "text");
    if (auto const* drill = body.if_contains("drill"); drill && drill->is_bool()) o.drill = drill->get_bool();
    if (auto const* args = body.if_contains("args"); args && args->is_object()) {
      auto const flat = arguments_from(args->get_object());
      if (!flat) return {400, problem("args: chỉ nhận số, chữ, đúng/sai; không nhận danh sách hay đối tượng lồng nhau")};
      o.args = *flat;
    }
    if (auto const* targets = body.if_contains("targets"); targets && targets->is_array())
      for (auto const& t : targets->get_array())
        if (t.is_string()) o.targets.emplace_back(t.get_string());
    o.unit = text_of(body, "unit");
    if (o.unit.empty())
      if (auto const alert = core::uuid::parse(o.alert)) o.unit = unit_of(*alert, op.units).value_or("");
    if (o.unit.empty()) o.unit = op.unit;
    if (std::find(op.units.begin(), op.units.end(), o.unit) == op.units.end() || !p_.site.find(o.unit)) return {404, problem("Không có mục này trong địa bàn được giao")};
    if (auto const fault = fault_of(o)) return *fault;
  } else {
    auto const id = core::uuid::parse(op.id);
    if (!id) return {404, problem("Không có mục này trong địa bàn được giao")};
    o.id = *id;
    auto const unit = unit_of(*id, op.units);
    if (!unit) return refusal_of_closed(op);
    o.unit = *unit;
  }
  auto const reply = p_.pipeline.operate(std::move(o));
  switch (reply.result) {
    case operation_result::done: {
      if (!saved_within(reply.at, std::chrono::seconds{1})) {
        auto body = json::parse(reply.json).as_object();
        body["unsaved"] = true;
        return {202, written(body)};
      }
      return {op.kind == web::op_kind::propose_action ? 201 : 200, reply.json};
    }
    case operation_result::not_found: return {404, problem("Không có mục này trong địa bàn được giao")};
    case operation_result::illegal: return {409, problem("Trạng thái hiện tại không cho phép thao tác này", reply.state)};
    case operation_result::not_allowed: return {403, problem("Ngoài phạm vi được giao: cần người có thẩm quyền phê duyệt khác", reply.state)};
    case operation_result::interlocked: return {409, problem("Khóa liên động đang cấm lệnh này; đã ghi lại", "interlocked")};
  }
  return {500, problem("Lỗi máy chủ")};
}

// ---------------------------------------------------------------- history

web::readings_answer backend::readings(web::readings_query const& q) {
  web::readings_answer out;
  auto const catalogue = p_.pipeline.look([metric = q.metric](pipeline::pipeline const& p) {
    auto const& metrics = p.ears().known().metrics;
    auto const canonical = metrics.canonical(metric);
    auto const* info = metrics.find(canonical);
    return std::pair{canonical, info ? info->unit : std::string{}};
  });
  out.unit_of_measure = catalogue.second;
  postgres::reading_range const range{q.unit, q.device, catalogue.first, q.from, q.to, q.as_of};
  auto const raw_from = kept_from(p_.keep.raw_days);
  if (q.as_of && (*q.as_of < raw_from || q.from < raw_from))
    throw web::not_kept("single readings, which 'as_of' needs, are kept for " + std::to_string(p_.keep.raw_days) + " days: from " + core::to_iso(raw_from) + " on");
  out.step = q.step;
  asking([&] {
    if (!out.step) {
      // Where readings are gone already, only a roll-up tells of the whole range.
      bool const gone = q.points && q.from < raw_from;
      auto const most = q.points.value_or(q.limit);
      // Piece by piece, each longer than the one before: of a device that says more than was asked for, its first hours tell so. The
      // database would sort the whole range first.
      auto piece = range;
      auto const whole = q.to - q.from;
      for (int share = q.points && whole > std::chrono::hours{1} ? 256 : 1; !gone && share > 0 && out.points.size() <= most; share /= 4) {
        piece.to = q.from + whole / share;
        for (auto const& x : p_.queries.readings(piece, most + 1 - out.points.size())) out.points.push_back({x.t, x.v, x.q});
        piece.from = piece.to;
      }
      if (q.points && (gone || out.points.size() > most)) {
        out.points.clear();
        out.step = step_for(q.to - q.from, *q.points, q.from);
      }
    }
    if (out.step)
      for (auto const& b : p_.queries.rollup(range, *out.step)) out.buckets.push_back({b.t, b.min, b.avg, b.max, static_cast<std::uint64_t>(b.count)});
    return 0;
  });
  return out;
}

// The smallest usual step that gives no more points than asked for, from a level of roll-ups that still reaches back so far.
core::duration backend::step_for(core::duration range, std::size_t points, core::time_point from) const {
  using namespace std::chrono_literals;
  constexpr core::duration usual[] = {1s, 2s, 5s, 10s, 15s, 20s, 30s, 1min, 2min, 5min, 10min, 15min, 20min, 30min, 1h, 2h, 3h, 4h, 6h, 12h, 24h, 48h, 168h};
  auto const least = from < kept_from(p_.keep.hour_days)     ? core::duration{24h}
                     : from < kept_from(p_.keep.minute_days) ? core::duration{1h}
                     : from < kept_from(p_.keep.raw_days)    ? core::duration{1min}
                                                             : core::duration{1s};
  // A range that does not begin at a step's begin touches one more.
  for (auto const s : usual)
    if (s >= least && static_cast<std::size_t>(range / s) + 2 <= points) return s;
  constexpr core::duration day = 24h;
  return day * (range / (day * static_cast<std::int64_t>(std::max<std::size_t>(points, 3) - 2)) + 1);
}

core::time_point backend::kept_from(int days) const {
  return days ? std::chrono::floor<std::chrono::days>(now()) - std::chrono::days{days} : core::time_point::min();
}

web::object_page backend::list_objects(web::object_kind kind, web::object_filter const& filter, std::size_t limit, std::string const& cursor) {
  postgres::object_filter f;
  f.units = filter.units;
  if (filter.states.size() == 1) f.state = filter.states.front();
  if (filter.severities.size() == 1)
    if (auto const s = core::severity_from(filter.severities.front())) f.severity = static_cast<int>(*s);
  if (!filter.rule.empty()) f.rule = filter.rule;
  if (!filter.device.empty()) f.device = filter.device;
  if (!filter.alert.empty()) f.alert = filter.alert;
  f.from = filter.from;
  f.to = filter.to;
  auto const page = asking([&] { return p_.queries.objects(std::string{kind_text(kind)}, f, limit, cursor.empty() ? std::nullopt : std::optional{cursor}); });
  web::object_page out;
  for (auto const& doc : page.docs) {
    auto o = object_of(doc);
    auto const v = json::parse(doc).as_object();
    auto const fits = [&](auto const& wanted, std::string const& is) { return wanted.empty() || std::find(wanted.begin(), wanted.end(), is) != wanted.end(); };
    if (fits(filter.states, text_of(v, "state")) && fits(filter.severities, text_of(v, "severity"))) out.items.push_back(std::move(o));
  }
  out.next = page.next.value_or("");
  return out;
}

std::optional<web::object> backend::get_object(web::object_kind kind, std::string const& id) {
  auto const doc = asking([&] { return p_.queries.object(std::string{kind_text(kind)}, id); });
  return doc ? std::optional{object_of(*doc)} : std::nullopt;
}

web::object_page backend::rejected(std::optional<std::vector<std::string>> const& units, std::size_t limit, std::string const& cursor) {
  auto const page = asking([&] { return p_.queries.rejected(units, limit, cursor.empty() ? std::nullopt : std::optional{cursor}); });
  web::object_page out;
  for (auto const& r : page.items) {
    // Shown as text; bytes that are none are shown as \xNN, so nothing of a strange payload is hidden.
    std::string shown;
    for (char const c : r.payload) {
      auto const byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7f) shown += c;
      else {
        constexpr char hex[] = "0123456789abcdef";
        shown += "\\x";
        shown += hex[byte >> 4];
        shown += hex[byte & 15];
      }
    }
    out.items.push_back({std::to_string(r.id), r.unit,
                         written(json::object{{"id", std::to_string(r.id)}, {"received_at", core::to_iso(r.received_at)}, {"topic", r.topic}, {"payload", shown},
                                                      {"payload_bytes", r.payload_bytes}, {"record", record_number(r.part)}, {"reason", r.reason}, {"source", r.source}, {"unit", r.unit}})});
  }
  out.next = page.next.value_or("");
  return out;
}

// ---------------------------------------------------------------- live

std::string backend::ledger_json() {
  auto const in = p_.messages_in();  // before the look: never more taken than came in
  return p_.pipeline.look([this, in](pipeline::pipeline const& p) {
    auto const done = p_.pipeline.taken();
    auto const gaps = p.ears().gaps();
    known_losses const lost{gaps.records, gaps.devices, p_.broker_says ? p_.broker_says->figures().dropped : std::nullopt};
    return ledger_text(p.ears().counts(), in > done ? in - done : 0, &lost);
  });
}

std::optional<std::string> backend::advice(std::string const& alert_id, std::string const& role, std::vector<std::string> const& units) {
  auto const id = core::uuid::parse(alert_id);
  if (!id) return std::nullopt;
  return p_.pipeline.look([id = *id, role, units](pipeline::pipeline const& p) -> std::optional<std::string> {
    for (auto const& code : units)
      if (auto const* u = p.unit(code))
        if (auto const* a = u->alerts().find(id)) return advice_json(*a, *u, role, now());
    return std::nullopt;
  });
}

std::string backend::rules_json(std::string const& unit) {
  auto const* c = p_.site.find(unit);
  return c ? app::rules_json(*c) : R"({"items":[],"next":null})";
}

std::string backend::metrics_text() {
  auto const [total, nodes, surplus, gaps] = p_.pipeline.look(
      [](pipeline::pipeline const& p) { return std::tuple{p.ears().counts().total(), p.ears().sparkplug_nodes(), p.ears().surplus(), p.ears().gaps()}; });
  auto const broker = p_.broker.state();
  std::string out;
  auto const put = [&](std::string_view name, std::string_view kind, std::string_view help, auto value) {
    out += "# HELP " + std::string{name} + " " + std::string{help} + "\n# TYPE " + std::string{name} + " " + std::string{kind} + "\n" + std::string{name} + " " +
           std::to_string(value) + "\n";
  };
  out += "# HELP ioc_messages_total messages worked in, by where they ended\n# TYPE ioc_messages_total counter\n";
  for (auto const& [where, n] : {std::pair{"stored", total.messages.stored}, {"duplicate", total.messages.duplicate}, {"ignored", total.messages.ignored},
                                 {"rejected", total.messages.rejected}})
    out += std::string{"ioc_messages_total{outcome=\""} + where + "\"} " + std::to_string(n) + "\n";
  auto const in = p_.messages_in();
  auto const done = p_.pipeline.taken();
  put("ioc_messages_in_flight", "gauge", "messages in the journal, not yet worked in", in > done ? in - done : 0);
  put("ioc_records_missing", "gauge", "records that the devices' seq say were sent and that have not come", gaps.records);
  put("ioc_devices_with_gaps", "gauge", "devices with such records", gaps.devices);
  put("ioc_alerts_raised_total", "counter", "alerts raised since the start", p_.pipeline.alerts_raised());
  put("ioc_commands_sent_total", "counter", "command attempts since the start", p_.pipeline.commands_sent());
  put("ioc_journal_used_bytes", "gauge", "bytes of the journal in use", p_.log.used_bytes());
  put("ioc_journal_max_bytes", "gauge", "bytes the journal may use", p_.log.max_bytes());
  put("ioc_journal_end_bytes", "counter", "position after the journal's last record", p_.log.end());
  put("ioc_journal_synced_bytes", "counter", "position up to which the disk holds the journal", p_.log.synced());
  put("ioc_database_position_bytes", "counter", "position up to which PostgreSQL holds what the journal says", p_.writer.committed());
  if (p_.clocks) {
    put("ioc_clock_synchronised", "gauge", "1 while the kernel says that the system clock is kept in step", p_.clocks->synchronised() ? 1 : 0);
    put("ioc_clock_offset_seconds", "gauge", "the system clock against PostgreSQL's or the journal's, whichever is further off", p_.clocks->offset_s());
    put("ioc_clock_steps_total", "counter", "steps of the system clock of a second or more since the start", p_.clocks->steps());
  }
  put("ioc_database_up", "gauge", "1 while PostgreSQL takes what is written", p_.database_up() ? 1 : 0);
  put("ioc_database_queue_bytes", "gauge", "bytes waiting for PostgreSQL", p_.writer.queued_bytes());
  put("ioc_database_queue_disk_bytes", "gauge", "of these, bytes on disk because memory is full", p_.writer.spilled_bytes());
  put("ioc_database_bytes", "gauge", "size of the database, as of the last minute", p_.writer.database_bytes());
  put("ioc_rejected_bytes", "gauge", "size of the store of refused messages, as of the last minute", p_.writer.rejected_bytes());
  put("ioc_broker_up", "gauge", "1 while the broker's subscriptions stand", broker.connected() ? 1 : 0);
  put("ioc_broker_paused", "gauge", "1 while messages stay at the broker because the journal is nearly full", broker.phase == mqtt::phase::paused ? 1 : 0);
  if (p_.broker_says) {
    auto const says = p_.broker_says->figures();
    if (says.dropped) put("ioc_broker_dropped_total", "counter", "messages that the broker dropped since its start because a client's queue was full", *says.dropped);
    if (says.stored_messages) put("ioc_broker_store_messages", "gauge", "messages in the broker's store: all queues and what is retained", *says.stored_messages);
    if (says.stored_bytes) put("ioc_broker_store_bytes", "gauge", "bytes of these messages", *says.stored_bytes);
  }
  if (p_.broker_log) {
    out += "# HELP ioc_broker_denied_total publishes that the broker refused, by account\n# TYPE ioc_broker_denied_total counter\n";
    for (auto const& [account, n] : p_.broker_log->denied()) {
      std::string label;
      for (char const c : account) {
        if (c == '\\' || c == '"') label += '\\';
        label += c == '\n' ? ' ' : c;
      }
      out += "ioc_broker_denied_total{account=\"" + label + "\"} " + std::to_string(n) + "\n";
    }
  }
  if (p_.field) {
    auto const host = p_.field->state();
    put("ioc_sparkplug_host_up", "gauge", "1 while the Sparkplug host's connection stands", host.connected() ? 1 : 0);
    put("ioc_sparkplug_host_connects_total", "counter", "connections of the Sparkplug host made to the broker", host.connects);
    put("ioc_sparkplug_rebirths_asked_total", "counter", "requests for births sent to edge nodes since the start", p_.pipeline.requests_sent());
    put("ioc_sparkplug_nodes", "gauge", "edge nodes that were ever heard", nodes.known);
    put("ioc_sparkplug_nodes_alive", "gauge", "of these, nodes whose birth holds", nodes.alive);
    put("ioc_sparkplug_devices_alive", "gauge", "devices of edge nodes whose birth holds", nodes.devices_alive);
    put("ioc_sparkplug_lost_total", "counter", "messages of edge nodes that the journal did not take", p_.field->lost());
    put("ioc_sparkplug_corrected_total", "counter", "foreign words that we are offline, answered", p_.field->corrected());
  }
  out += "# HELP ioc_quota_refused_total messages refused unread because their publisher was above its quota\n# TYPE ioc_quota_refused_total counter\n";
  for (auto const& [publisher, n] : surplus) out += "ioc_quota_refused_total{publisher=\"" + publisher + "\"} " + std::to_string(n.total) + "\n";
  put("ioc_broker_connects_total", "counter", "connections made to the broker", broker.connects);
  return out + p_.web_metrics();
}

namespace {

// "812 MiB of 1024 MiB, 79 %": a store's share of the disk; from 80 % on with a warning, which is not yet a failure.
std::string share(std::int64_t used, std::int64_t most) {
  constexpr std::int64_t mib = 1 << 20;
  if (most <= 0) return std::to_string(used / mib) + " MiB";
  auto const percent = used * 100 / most;
  return (percent >= 80 ? "warning: " : "") + std::to_string(used / mib) + " MiB of " + std::to_string(most / mib) + " MiB, " + std::to_string(percent) + " %";
}

std::string joined(std::string const& trouble, std::string const& detail) { return trouble.empty() ? detail : detail.empty() ? trouble : trouble + "; " + detail; }

}  // namespace

std::string backend::sparkplug_text() try {
  auto const n = p_.pipeline.look([](pipeline::pipeline const& p) { return p.ears().sparkplug_nodes(); });
  return std::to_string(n.alive) + " of " + std::to_string(n.known) + " edge nodes alive, " + std::to_string(n.devices_alive) + " of " + std::to_string(n.devices) + " of their devices";
} catch (std::runtime_error const& e) {
  return e.what();
}

std::vector<web::dependency> backend::readiness() {
  auto const broker = p_.broker.state();
  auto const trouble = p_.log.trouble();
  bool const paused = broker.phase == mqtt::phase::paused;
  auto const waits = p_.writer.trouble();
  std::string const database = !p_.database_up() ? "PostgreSQL is away" : !p_.pipeline.database_keeps_up() ? "PostgreSQL takes nothing" : "";
  std::int64_t const mib = 1 << 20;
  auto const says = p_.broker_says ? p_.broker_says->figures() : mqtt::broker_figures{};
  auto const full = says.warning(now());
  auto figures = says.text();
  if (auto const line = p_.broker_says ? p_.broker_says->state() : mqtt::client_state{}; broker.connected() && p_.broker_says && !line.connected())
    figures = "its $SYS figures are not heard" + (line.reason.empty() ? "" : ": " + line.reason);
  auto const first = paused ? "messages stay at the broker: the journal is nearly full; commands go out" : broker.reason;
  std::vector<web::dependency> out{{"broker", broker.connected(), joined(first, joined(full, figures)), !full.empty()},
          {"database", database.empty(), joined(database, share(p_.writer.database_bytes(), p_.shares.database_mib * mib))},
          {"journal", trouble.empty() && !p_.log.nearly_full(),
           joined(!trouble.empty() ? trouble : p_.log.nearly_full() ? "nearly full: it waits for PostgreSQL to take what it holds" : "", share(static_cast<std::int64_t>(p_.log.used_bytes()), static_cast<std::int64_t>(p_.log.max_bytes())))},
          {"waiting_rows", waits.empty(), joined(waits, share(static_cast<std::int64_t>(p_.writer.spilled_bytes()), p_.shares.waiting_bytes))},
          {"rejected_store", true, share(p_.writer.rejected_bytes(), p_.shares.rejected_mib * mib)},
          {"clock", true, p_.clocks ? p_.clocks->text() : "", p_.clocks && !p_.clocks->fine()},
          {"pipeline", p_.pipeline.caught_up(), p_.pipeline.caught_up() ? "" : "still working in what the journal holds"}};
  if (p_.field) {
    auto const host = p_.field->state();
    out.push_back({"sparkplug", true, host.connected() ? sparkplug_text() : "the host's connection is away, edge nodes are not heard: " + host.reason, !host.connected()});
  }
  return out;
}

}  // namespace ioc::app
