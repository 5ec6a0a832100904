// The registry's HTTP calls: from what an admin asks to changes in the journal and accounts at the broker.
#include "app/registry/calls.hpp"

#include "app/backend.hpp"
#include "app/registry/device_text.hpp"
#include "app/registry/table.hpp"
#include "app/wire_json.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ioc::app {

namespace json = boost::json;
using pipeline::account_state;
using pipeline::change_kind;
using pipeline::change_outcome;
using web::registry_call;

namespace {

constexpr std::size_t most_rows = 50'000;
constexpr auto saved_limit = std::chrono::seconds{1};
constexpr std::string_view gateway_type = "gateway";

core::time_point now() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

web::op_result refused(int status, std::string_view title, std::string_view detail) { return {status, written(json::object{{"title", title}, {"detail", detail}})}; }
web::op_result not_there() { return refused(404, "Không có thiết bị này trong địa bàn được giao", "nothing is there, or it belongs to another unit"); }

std::string user_of(core::device const& d) { return d.type == gateway_type ? mqtt::gateway_user(d.unit, d.id) : mqtt::device_user(d.unit, d.id); }

json::value parsed(std::string const& text) { return json::parse(text); }

bool is_one_of(std::vector<std::string> const& all, std::string const& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

}  // namespace

std::string results_json(std::vector<pipeline::change_result> const& results, bool all_or_nothing) {
  json::array list;
  bool any = false;
  for (auto const& r : results) {
    any = any || r.outcome == change_outcome::refused;
    list.push_back(to_json(r));
  }
  return written(json::object{{"applied", !(any && all_or_nothing)}, {"results", std::move(list)}});
}

operation_reply backend::operate_registry(web::registry_request const& r, std::vector<pipeline::registry_change> wishes) {
  pipeline::operation op;
  op.kind = pipeline::operation_kind::change_registry;
  op.id = core::name_uuid("registry|" + r.user + "|" + std::to_string(core::to_us(now())));
  op.unit = r.own_unit;
  op.by = r.user;
  op.role = r.role;
  op.text = r.reason;
  op.changes = std::move(wishes);
  op.all_or_nothing = r.all_or_nothing;
  return p_.pipeline.operate(std::move(op));
}

// One wish through the journal; the answer is the device as it now is, or the refusal.
web::op_result backend::change_one(web::registry_request const& r, pipeline::registry_change wish, int status) {
  core::device_ref const ref{wish.device.unit, wish.device.id};
  bool const new_wanted = wish.only_new;
  auto const reply = operate_registry(r, {std::move(wish)});
  auto const result = parsed(reply.json).as_object()["results"].as_array().at(0).as_object();
  auto const outcome = std::string(result.at("outcome").as_string());
  if (outcome == "refused") {
    auto const why = std::string(result.at("reason").as_string());
    bool const there = new_wanted && why.find("already") != std::string::npos;
    if (why == "the device is not registered") return not_there();
    return refused(there ? 409 : 422, there ? "Thiết bị đã có trong danh bạ" : "Danh bạ không nhận thiết bị này", ref.text() + ": " + why);
  }
  auto const is = p_.pipeline.look([ref](pipeline::pipeline const& p) -> std::optional<core::device> {
    auto const* d = p.devices().find(ref);
    return d ? std::optional(*d) : std::nullopt;
  });
  auto body = is ? to_json(*is) : json::object{{"unit", ref.unit}, {"device", ref.device}, {"withdrawn", true}};
  body["outcome"] = outcome;
  if (!saved_within(reply.at, saved_limit)) {
    body["unsaved"] = true;
    return {202, written(body)};
  }
  return {status, written(body)};
}

web::op_result backend::registry(web::registry_request const& r) {
  auto const current = [&]() -> std::optional<core::device> {
    return p_.pipeline.look([ref = core::device_ref{r.unit, r.device}](pipeline::pipeline const& p) -> std::optional<core::device> {
      auto const* d = p.devices().find(ref);
      return d ? std::optional(*d) : std::nullopt;
    });
  };
  pipeline::registry_change wish;
  wish.device.unit = r.unit;
  wish.device.id = r.device;
  switch (r.what) {
    case registry_call::create: {
      auto const body = parsed(r.body).as_object();
      auto const text = [&](char const* key) {
        auto const* v = body.if_contains(key);
        return v && v->is_string() ? std::string(v->get_string()) : std::string{};
      };
      wish.device.unit = text("unit");
      wish.device.id = text("device");
      if (wish.device.unit.empty() || wish.device.id.empty()) return refused(400, "Yêu cầu không hợp lệ", "fields 'unit' and 'device' are needed");
      if (!is_one_of(r.units, wish.device.unit)) return not_there();
      if (auto const why = merge_fields(wish.device, body); !why.empty()) return refused(400, "Yêu cầu không hợp lệ", why);
      wish.only_new = true;
      return change_one(r, std::move(wish), 201);
    }
    case registry_call::change: {
      auto is = current();
      if (!is) return not_there();
      auto const body = parsed(r.body).as_object();
      for (char const* fixed : {"unit", "device"})
        if (body.contains(fixed)) return refused(400, "Yêu cầu không hợp lệ", std::string("field '") + fixed + "' cannot be changed: withdraw the device and add another");
      if (auto const why = merge_fields(*is, body); !why.empty()) return refused(400, "Yêu cầu không hợp lệ", why);
      wish.device = std::move(*is);
      return change_one(r, std::move(wish), 200);
    }
    case registry_call::withdraw: {
      auto const is = current();
      if (!is) return not_there();
      wish.kind = change_kind::withdraw;
      auto out = change_one(r, std::move(wish), 200);
      // Whoever is not registered any more does not speak either. While the broker is away it is told when it comes back.
      std::string why;
      if (out.status < 300 && p_.broker_accounts) tell_disabled({r.unit, r.device}, why);
      return out;
    }
    case registry_call::revert:
      wish.kind = change_kind::revert;
      return change_one(r, std::move(wish), 200);
    case registry_call::claim: return claim(r);
    case registry_call::import: return import(r);
    case registry_call::make_account: return make_account(r);
    case registry_call::disable_account: return disable_account(r);
  }
  return refused(500, "Lỗi máy chủ", "unknown call");
}

// An unclaimed device becomes a registered one, prefilled with what it told of itself.
web::op_result backend::claim(web::registry_request const& r) {
  struct seen {
    std::optional<perceive::hearer::provisional> found;
    perceive::discovered_device told;
    bool registered = false, model_known = false;
  };
  auto const s = p_.pipeline.look([ref = core::device_ref{r.unit, r.device}](pipeline::pipeline const& p) {
    seen out;
    out.found = p.ears().unclaimed_by_id(ref);
    out.registered = p.devices().find(ref) != nullptr;
    if (out.found)
      if (auto const* told = p.ears().discovered(ref.unit, out.found->native)) out.told = *told;
    out.model_known = p.ears().known().models.count(out.told.model) > 0;
    return out;
  });
  if (!s.found) return s.registered ? refused(409, "Thiết bị đã có trong danh bạ", "the device is registered already") : not_there();
  auto const body = parsed(r.body).as_object();
  pipeline::registry_change wish;
  wish.only_new = true;
  auto& d = wish.device;
  d.unit = r.unit;
  d.id = r.device;
  if (auto const* id = body.if_contains("device"); id && id->is_string()) d.id = std::string(id->get_string());
  if (s.found->own_topic && d.id != r.device)
    return refused(422, "Thiết bị tự xưng tên này trong chủ đề MQTT, không đổi được", "field 'device': it speaks in ioc/v1/" + r.unit + "/" + r.device + "/…, so its name is fixed");
  d.name.vi = s.told.name.empty() ? s.found->native : s.told.name;
  d.type = s.told.type;
  if (s.model_known) d.model = s.told.model;
  if (!s.found->own_topic) {
    // Over a gateway the name counts for that gateway: another one may have a device of the same name.
    if (s.found->gateway.empty()) d.native = s.found->native;
    else d.natives = {s.found->gateway + "/" + s.found->native};
  }
  if (auto const why = merge_fields(d, body); !why.empty()) return refused(400, "Yêu cầu không hợp lệ", why);
  return change_one(r, std::move(wish), 201);
}

// ---------------------------------------------------------------- tables

web::op_result backend::import(web::registry_request const& r) {
  using place = std::pair<std::string_view, std::string_view>;
  auto const lists = p_.pipeline.look([units = r.units](pipeline::pipeline const& p) {
    core::device_list out;
    for (auto const& code : units) out.append(p.devices().devices(code));
    return out;
  });
  std::map<place, core::device const*> registered;
  for (auto const& d : lists) registered.emplace_hint(registered.end(), place{d.unit, d.id}, &d);
  auto table = read_devices(r.body, r.unit, most_rows, [&](std::string const& unit, std::string const& device) -> core::device const* {
    auto const at = registered.find({unit, device});
    return at == registered.end() ? nullptr : at->second;
  });
  if (!table.fault.empty()) return refused(422, "Không đọc được tệp", table.fault);

  std::vector<pipeline::registry_change> wishes;
  bool any_fault = false;
  for (auto& row : table.rows) {
    if (row.fault.empty() && !is_one_of(r.units, row.device.unit)) row.fault = "there is no unit " + row.device.unit + ", or it is not yours";
    any_fault = any_fault || !row.fault.empty();
    if (row.fault.empty()) wishes.push_back({change_kind::put, row.device, false, {}});
  }
  if (r.accounts_made)  // behind all rows: a refused device's account is refused, too, and nobody looks at that answer
    for (std::size_t i = 0, n = wishes.size(); i < n; ++i) {
      pipeline::registry_change account;
      account.kind = change_kind::set_account;
      account.device.unit = wishes[i].device.unit;
      account.device.id = wishes[i].device.id;
      account.account = account_state::active;
      wishes.push_back(std::move(account));
    }
  bool const only_try = r.dry_run || (r.all_or_nothing && any_fault);
  operation_reply reply;
  if (wishes.empty()) {
    reply.json = results_json({}, r.all_or_nothing);
  } else if (only_try) {
    pipeline::operation op;
    op.kind = pipeline::operation_kind::change_registry;
    op.by = r.user;
    op.changes = std::move(wishes);
    op.at = now();
    op.all_or_nothing = r.all_or_nothing;
    reply.json = p_.pipeline.look([op](pipeline::pipeline const& p) { return results_json(p.would_change(op), op.all_or_nothing); });
  } else {
    reply = operate_registry(r, std::move(wishes));
  }
  auto const answer = parsed(reply.json).as_object();
  auto const& results = answer.at("results").as_array();
  json::array rows;
  std::map<std::string, int> count{{"created", 0}, {"changed", 0}, {"unchanged", 0}, {"refused", 0}};
  std::size_t next = 0;
  for (auto const& row : table.rows) {
    json::object line{{"line", row.line}, {"unit", row.device.unit}, {"device", row.device.id}};
    if (!row.fault.empty()) {
      line["outcome"] = "refused";
      line["reason"] = row.fault;
    } else {
      auto const& result = results.at(next++).as_object();
      line["outcome"] = result.at("outcome");
      line["reason"] = result.at("reason");
    }
    ++count[std::string(line.at("outcome").as_string())];
    rows.push_back(std::move(line));
  }
  bool const applied = !only_try && answer.at("applied").as_bool();
  json::object out{{"applied", applied}, {"dry_run", r.dry_run}, {"rows", table.rows.size()}};
  for (auto const& [name, n] : count) out[name] = n;
  out["items"] = std::move(rows);
  if (applied && reply.at > 0 && !saved_within(reply.at, std::chrono::seconds{5})) {
    out["unsaved"] = true;
    return {202, written(out)};
  }
  return {200, written(out)};
}

// ---------------------------------------------------------------- accounts

web::op_result backend::make_account(web::registry_request const& r) {
  if (parsed(r.body).as_object().size() > 0) return refused(400, "Yêu cầu không hợp lệ", "only the field 'reason' is known");
  auto const is = p_.pipeline.look([ref = core::device_ref{r.unit, r.device}](pipeline::pipeline const& p) -> std::optional<core::device> {
    auto const* d = p.devices().find(ref);
    return d ? std::optional(*d) : std::nullopt;
  });
  if (!is) return not_there();
  if (!p_.broker_accounts) return refused(503, "Máy chủ chưa được cấp quyền quản lý tài khoản MQTT", "mqtt.admin_user and mqtt.admin_password_file are not set");
  auto const password = mqtt::new_broker_password();
  auto const made = is->type == gateway_type ? p_.broker_accounts->put_gateway({r.unit, r.device, password}) : p_.broker_accounts->put_device(r.unit, r.device, password);
  if (!made.done) return refused(made.away ? 503 : 502, "Máy chủ MQTT không tạo được tài khoản, hãy thử lại", made.why);
  pipeline::registry_change wish;
  wish.kind = change_kind::set_account;
  wish.device.unit = r.unit;
  wish.device.id = r.device;
  wish.account = account_state::active;
  auto const reply = operate_registry(r, {std::move(wish)});
  json::object out{{"unit", r.unit}, {"device", r.device}, {"account", "active"}, {"broker", p_.device_address}, {"user", user_of(*is)}, {"password", password}};
  if (is->type == gateway_type) out["topic_prefix"] = "ioc/raw/v1/" + r.unit + "/" + r.device + "/";
  if (!saved_within(reply.at, saved_limit)) out["unsaved"] = true;
  return {201, written(out)};
}

// Both names, as a device may have been a gateway before.
bool backend::tell_disabled(core::device_ref const& d, std::string& why) {
  auto const answer = p_.broker_accounts->disable({mqtt::device_user(d.unit, d.device), mqtt::gateway_user(d.unit, d.device)});
  why = answer.why;
  return answer.done;
}

// The broker first: a stolen device is out at once. The registry remembers, so a broker that is away hears of it when it is back.
web::op_result backend::disable_account(web::registry_request const& r) {
  if (!p_.broker_accounts) return refused(503, "Máy chủ chưa được cấp quyền quản lý tài khoản MQTT", "mqtt.admin_user and mqtt.admin_password_file are not set");
  std::string why;
  bool const out_now = tell_disabled({r.unit, r.device}, why);
  pipeline::registry_change wish;
  wish.kind = change_kind::set_account;
  wish.device.unit = r.unit;
  wish.device.id = r.device;
  wish.account = account_state::disabled;
  auto const reply = operate_registry(r, {std::move(wish)});
  auto const result = parsed(reply.json).as_object()["results"].as_array().at(0).as_object();
  if (result.at("outcome").as_string() == "refused") return not_there();
  json::object out{{"unit", r.unit}, {"device", r.device}, {"account", "disabled"}, {"pending", !out_now}};
  if (!out_now) out["detail"] = why;
  bool const saved = saved_within(reply.at, saved_limit);
  if (!saved) out["unsaved"] = true;
  return {out_now && saved ? 200 : 202, written(out)};
}

void backend::repeat_disabled() {
  if (!p_.broker_accounts) return;
  auto const users = p_.pipeline.look([](pipeline::pipeline const& p) {
    std::vector<std::string> out;
    for (auto const& [ref, e] : p.devices().entries())
      if (e.account == account_state::disabled) {
        out.push_back(mqtt::device_user(ref.unit, ref.device));
        out.push_back(mqtt::gateway_user(ref.unit, ref.device));
      }
    return out;
  });
  p_.broker_accounts->disable(users);
}

// ---------------------------------------------------------------- what a device's page shows

std::optional<std::string> backend::registered_json(std::string const& unit, std::string const& device) {
  auto out = p_.pipeline.look([ref = core::device_ref{unit, device}](pipeline::pipeline const& p) -> std::optional<json::object> {
    auto const* d = p.devices().find(ref);
    if (!d) {
      auto const found = p.ears().unclaimed_by_id(ref);
      if (!found) return std::nullopt;
      json::object u{{"native", found->native}, {"gateway", found->gateway.empty() ? json::value(nullptr) : json::value(found->gateway)}, {"discovered", nullptr}};
      if (auto const* told = p.ears().discovered(ref.unit, found->native)) {
        json::array metrics;
        for (auto const& m : told->metrics) metrics.emplace_back(m);
        u["discovered"] = json::object{{"name", told->name}, {"vendor", told->vendor}, {"model", told->model}, {"type", told->type}, {"metrics", std::move(metrics)}};
      }
      return json::object{{"unclaimed", std::move(u)}};
    }
    auto definition = to_json(*d);
    json::object registry{{"origin", "configuration"}, {"native", definition["native"]}, {"natives", definition["natives"]},
                          {"calibration", definition["calibration"]}, {"receipts", definition["receipts"]}};
    json::object account{{"state", to_text(account_state::none)}, {"user", user_of(*d)}};
    if (auto const* e = p.devices().entry(ref)) {
      auto const all = to_json(*e);
      if (e->device) registry["origin"] = "database";
      for (char const* key : {"created_by", "created_at", "changed_by", "changed_at"}) registry[key] = all.at(key);
      account["state"] = to_text(e->account);
      account["by"] = all.at("account_by");
      account["at"] = all.at("account_at");
    }
    return json::object{{"registry", std::move(registry)}, {"account", std::move(account)}};
  });
  if (!out) return std::nullopt;
  if (auto* account = out->if_contains("account"); account && p_.broker_log)
    account->as_object()["denied"] = p_.broker_log->denied(std::string(account->as_object().at("user").as_string()));
  return written(*out);
}

// ---------------------------------------------------------------- repeated writes

namespace {
template <class F>
auto kept(F f) -> decltype(f()) {
  try {
    return f();
  } catch (postgres::unavailable const& e) {
    throw web::unavailable(e.what());
  }
}
}  // namespace

web::key_claim backend::claim_key(std::string const& key, std::string const& user, std::string const& print) {
  return kept([&] {
    auto const s = p_.accounts.claim_key(key, user, print, now());
    using is = postgres::key_state::is;
    auto const what = s.state == is::fresh     ? web::key_claim::verdict::fresh
                      : s.state == is::done    ? web::key_claim::verdict::repeat
                      : s.state == is::running ? web::key_claim::verdict::in_flight
                                               : web::key_claim::verdict::other_request;
    return web::key_claim{what, s.status, s.body};
  });
}

void backend::finish_key(std::string const& key, std::string const& user, int status, std::string const& body) {
  kept([&] { return p_.accounts.finish_key(key, user, status, body), 0; });
}

void backend::free_key(std::string const& key, std::string const& user) {
  kept([&] { return p_.accounts.free_key(key, user), 0; });
}

}  // namespace ioc::app
