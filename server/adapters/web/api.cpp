#include "adapters/web/api.hpp"

#include "adapters/web/password.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ioc::web {

namespace {
enum class gate { open, early, any, alerts, actions, registry };

// "*" is a place whose text becomes one of call::ids.
struct route {
  std::string_view method;
  std::vector<std::string_view> path;
  gate who;
  response (*run)(context&, call const&);
};

std::vector<route> const& table() {
  static std::vector<route> const all = {
      {"GET", {"healthz"}, gate::open, healthz},
      {"GET", {"readyz"}, gate::open, readyz},
      {"GET", {"metrics"}, gate::open, metrics},
      {"POST", {"api", "v1", "session"}, gate::open, log_in},
      {"DELETE", {"api", "v1", "session"}, gate::early, log_out},
      {"GET", {"api", "v1", "me"}, gate::early, me},
      {"POST", {"api", "v1", "me", "password"}, gate::early, change_password},
      {"GET", {"api", "v1", "units"}, gate::any, units},
      {"GET", {"api", "v1", "summary"}, gate::any, summary},
      {"GET", {"api", "v1", "devices"}, gate::any, list_devices},
      {"GET", {"api", "v1", "devices", "*", "*"}, gate::any, one_device},
      {"POST", {"api", "v1", "devices"}, gate::registry, create_device},
      {"POST", {"api", "v1", "devices", "import"}, gate::registry, import_devices},
      {"PATCH", {"api", "v1", "devices", "*", "*"}, gate::registry, change_device},
      {"DELETE", {"api", "v1", "devices", "*", "*"}, gate::registry, withdraw_device},
      {"POST", {"api", "v1", "devices", "*", "*", "claim"}, gate::registry, claim_device},
      {"POST", {"api", "v1", "devices", "*", "*", "account"}, gate::registry, make_device_account},
      {"DELETE", {"api", "v1", "devices", "*", "*", "account"}, gate::registry, disable_device_account},
      {"POST", {"api", "v1", "devices", "*", "*", "account", "enable"}, gate::registry, enable_device_account},
      {"GET", {"api", "v1", "readings"}, gate::any, readings},
      {"GET", {"api", "v1", "alerts"}, gate::any, list_alerts},
      {"POST", {"api", "v1", "alerts", "ack"}, gate::alerts, ack_alerts},
      {"GET", {"api", "v1", "alerts", "*"}, gate::any, one_alert},
      {"GET", {"api", "v1", "alerts", "*", "advice"}, gate::any, advice},
      {"POST", {"api", "v1", "alerts", "*", "ack"}, gate::alerts, ack_alert},
      {"POST", {"api", "v1", "alerts", "*", "close"}, gate::alerts, close_alert},
      {"POST", {"api", "v1", "alerts", "*", "comment"}, gate::alerts, comment_alert},
      {"GET", {"api", "v1", "actions"}, gate::any, list_actions},
      {"POST", {"api", "v1", "actions"}, gate::actions, propose_action},
      {"GET", {"api", "v1", "actions", "*"}, gate::any, one_action},
      {"POST", {"api", "v1", "actions", "*", "approve"}, gate::actions, approve_action},
      {"POST", {"api", "v1", "actions", "*", "reject"}, gate::actions, reject_action},
      {"POST", {"api", "v1", "actions", "*", "cancel"}, gate::actions, cancel_action},
      {"POST", {"api", "v1", "recommendations", "*", "approve"}, gate::actions, approve_recommendation},
      {"POST", {"api", "v1", "recommendations", "*", "reject"}, gate::actions, reject_recommendation},
      {"GET", {"api", "v1", "tasks"}, gate::any, list_tasks},
      {"GET", {"api", "v1", "rules"}, gate::any, rules},
      {"GET", {"api", "v1", "rejected"}, gate::any, rejected},
      {"GET", {"api", "v1", "ledger"}, gate::any, ledger},
      {"GET", {"api", "v1", "geo", "*"}, gate::any, geo},
  };
  return all;
}

bool fits(route const& t, std::vector<std::string> const& segments, std::vector<std::string>& ids) {
  ids.clear();
  if (t.path.size() != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (t.path[i] == "*") {
      if (segments[i].empty()) return false;
      ids.push_back(segments[i]);
    } else if (t.path[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

bool may(gate g, std::string const& role) {
  if (g == gate::alerts) return role == "duty_officer" || role == "officer" || role == "commune_leader";
  if (g == gate::registry) return role == "admin";
  if (g == gate::actions) return role == "duty_officer" || role == "officer" || role == "commune_leader";
  return true;
}

std::string media_type(std::string_view type) {
  std::string t(type.substr(0, type.find(';')));
  while (!t.empty() && t.back() == ' ') t.pop_back();
  std::transform(t.begin(), t.end(), t.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return t;
}

problem wrong_method(std::string const& allow) {
  return {405, "method_not_allowed", "Đường dẫn này không nhận phương thức đó", "allowed: " + allow, {}, {{"Allow", allow}}};
}
problem must_change() {
  return {403, "must_change_password", "Cần đổi mật khẩu trước khi tiếp tục", "POST /api/v1/me/password first", {{"must_change_password", "true"}}, {}};
}
problem foreign_origin() {
  return {403, "foreign_origin", "Yêu cầu đến từ một trang khác nên bị từ chối", "the Origin header names another site", {}, {}};
}

response page(context& c, request const& r) {
  if (r.method != "GET") throw wrong_method("GET, HEAD");
  if (r.segments.front() == "api") throw not_found();
  auto path = r.segments;
  if (path.size() == 1 && path[0].empty()) path[0] = "index.html";
  // The build puts a hash of the content into the names under assets/.
  bool const hashed = path.front() == "assets";
  return c.pages.get(path, r, hashed ? "public, max-age=31536000, immutable" : "no-cache");
}
}  // namespace

bool own_origin(context const& c, request const& r) {
  auto const origin = r.header("origin");
  if (origin.empty()) {
    // No Origin: then what the browser itself says of the request, if it is one.
    auto const site = r.header("sec-fetch-site");
    return site.empty() || site == "same-origin" || site == "none";
  }
  auto const& more = c.settings.public_origins;
  if (std::find(more.begin(), more.end(), origin) != more.end()) return true;
  return origin == std::string(r.tls ? "https://" : "http://") + std::string(r.header("host"));
}

api::api(options const& o, backend& b, hub& h, counters& n, std::function<core::time_point()> now)
    : sessions_(b, now, o.session_length, o.lock_length), scope_(b, now),
      context_{o, b, h, sessions_, scope_, now, static_files(o.dashboard_dir), static_files(o.geo_dir), n} {}

bool api::slow(request const& r) const { return r.method == "POST" && (r.path == "/api/v1/session" || r.path == "/api/v1/me/password"); }

bool api::is_stream(request const& r) const { return r.path == "/api/v1/stream"; }

std::optional<session> api::find_session(request const& r, bool& by_cookie) {
  constexpr std::string_view bearer = "Bearer ";
  if (auto const a = r.header("authorization"); !a.empty()) {
    if (!a.starts_with(bearer)) return std::nullopt;
    return sessions_.find(std::string(a.substr(bearer.size())));
  }
  by_cookie = true;
  return sessions_.find(std::string(r.cookie("ioc_session")));
}

response api::handle(request const& r) {
  response out;
  try {
    out = dispatch(r);
  } catch (problem const& p) {
    out = to_response(p, r.id);
  } catch (not_kept const& e) {
    out = to_response(problem{422, "not_kept", "Số liệu của thời điểm này không còn được lưu", e.what(), {}, {}}, r.id);
  } catch (unavailable const& e) {
    spdlog::warn("web: {} {} ({}): the database is away: {}", r.method, r.path, r.id, e.what());
    out = to_response(database_away(), r.id);
  } catch (std::exception const& e) {
    spdlog::error("web: {} {} ({}) failed: {}", r.method, r.path, r.id, e.what());
    out = to_response(internal_error(), r.id);
  }
  return out;
}

response api::dispatch(request const& r) {
  std::string allow;
  std::vector<std::string> ids;
  route const* chosen = nullptr;
  for (auto const& t : table()) {
    if (!fits(t, r.segments, ids)) continue;
    if (t.method == r.method) {
      chosen = &t;
      break;
    }
    if (!allow.empty()) allow += ", ";
    allow += t.method == "GET" ? "GET, HEAD" : t.method;
  }
  if (!chosen) {
    if (is_stream(r)) throw wrong_method("GET");
    if (!allow.empty()) throw wrong_method(allow);
    if (r.segments.front() == "geo" && r.method == "GET" && r.segments.size() > 1) {
      bool by_cookie = false;
      if (!find_session(r, by_cookie)) throw unauthenticated();
      return context_.maps.get({r.segments.begin() + 1, r.segments.end()}, r, "private, max-age=3600");
    }
    return page(context_, r);
  }

  call k{r, {}, {}, ids};
  bool by_cookie = false;
  bool const wants_session = chosen->who != gate::open || (chosen->run == metrics && !r.loopback);
  if (wants_session) {
    auto found = find_session(r, by_cookie);
    if (!found) throw unauthenticated();
    k.who = std::move(*found);
    if (by_cookie && r.method != "GET" && !own_origin(context_, r)) throw foreign_origin();
    if (k.who.must_change && chosen->who != gate::early) throw must_change();
    if (!may(chosen->who, k.who.role)) throw forbidden("role '" + k.who.role + "' does not do this");
    k.units = scope_.below(k.who.unit);
  }
  std::string const takes = chosen->run == import_devices ? "text/csv" : "application/json";
  if (!r.body.empty() && media_type(r.header("content-type")) != takes)
    throw problem{415, "unsupported_media_type", "Chỉ nhận nội dung kiểu " + takes, "Content-Type must be " + takes, {}, {{"Accept", takes}}};
  bool const write = r.method != "GET" && chosen->run != log_in && chosen->run != log_out;
  if (write && !r.header("idempotency-key").empty()) return once(r, k, chosen->run);
  return chosen->run(context_, k);
}

response api::once(request const& r, call const& k, response (*run)(context&, call const&)) {
  auto const given = r.header("idempotency-key");
  if (given.size() > 255) throw bad_request("header 'Idempotency-Key' is longer than 255 bytes");
  auto const key = k.who.user + '\n' + std::string(given);
  std::string whole = r.method + " " + r.path;
  for (auto const& [name, value] : r.query) whole += "\n" + name + "=" + value;
  auto const print = token_hash(whole + "\n" + r.body);
  auto found = answered_.begin(key, print, context_.now());
  bool kept = true;
  if (found.what == answered_writes::verdict::fresh) {
    // This process does not know it; one before it may have. While the database is away, this memory alone guards.
    try {
      auto claim = context_.rest.claim_key(std::string(given), k.who.user, print);
      found.what = static_cast<answered_writes::verdict>(claim.what);
      found.answer.status = claim.status;
      found.answer.body = std::move(claim.body);
      if (claim.status >= 400) found.answer.type = "application/problem+json";
    } catch (unavailable const&) {
      kept = false;
    } catch (...) {
      answered_.drop(key);
      throw;
    }
    if (found.what == answered_writes::verdict::repeat) answered_.keep(key, found.answer);
    else if (found.what != answered_writes::verdict::fresh) answered_.drop(key);
  }
  switch (found.what) {
    case answered_writes::verdict::repeat:
      found.answer.headers.emplace_back("Idempotency-Replayed", "true");
      return found.answer;
    case answered_writes::verdict::in_flight:
      throw problem{409, "in_flight", "Yêu cầu này đang được xử lý", "the same Idempotency-Key is being worked on", {}, {{"Retry-After", "1"}}};
    case answered_writes::verdict::other_request:
      throw problem{422, "key_reused", "Mã chống gửi lặp đã dùng cho một yêu cầu khác", "this Idempotency-Key came with another request", {}, {}};
    case answered_writes::verdict::fresh:
      break;
  }
  auto const settle = [&](auto write) {
    try {
      if (kept) write();
    } catch (unavailable const& e) {
      spdlog::warn("web: {} {} ({}): its Idempotency-Key could not be kept: {}", r.method, r.path, r.id, e.what());
    }
  };
  try {
    response out;
    try {
      out = run(context_, k);
    } catch (problem const& p) {
      if (p.status >= 500 || p.status == 429) throw;
      out = to_response(p, r.id);
    }
    auto again = out;
    if (!again.repeat_body.empty()) again.body = std::exchange(again.repeat_body, {});
    answered_.keep(key, again);
    settle([&] { context_.rest.finish_key(std::string(given), k.who.user, again.status, again.body); });
    return out;
  } catch (...) {
    answered_.drop(key);  // nothing was decided: the client may try again
    settle([&] { context_.rest.free_key(std::string(given), k.who.user); });
    throw;
  }
}

std::variant<api::viewer, response> api::admit(request const& r) {
  try {
    bool by_cookie = false;
    auto found = find_session(r, by_cookie);
    if (!found) throw unauthenticated();
    if (by_cookie && !own_origin(context_, r)) throw foreign_origin();
    if (found->must_change) throw must_change();
    auto below = scope_.below(found->unit);
    return viewer{std::move(*found), std::move(below)};
  } catch (problem const& p) {
    return to_response(p, r.id);
  } catch (unavailable const&) {
    return to_response(database_away(), r.id);
  } catch (std::exception const& e) {
    spdlog::error("web: stream ({}) failed: {}", r.id, e.what());
    return to_response(internal_error(), r.id);
  }
}

std::optional<api::viewer> api::still(viewer const& v) {
  try {
    auto found = sessions_.find_hash(v.who.hash);
    if (!found || found->must_change || found->unit != v.who.unit) return std::nullopt;
    return viewer{std::move(*found), v.units};
  } catch (std::exception const&) {
    return v;  // nothing is known to the contrary
  }
}

std::optional<std::set<std::string>> api::narrowed(viewer const& v, std::string const& unit) {
  if (unit.empty()) return v.units;
  if (!v.units.contains(unit)) return std::nullopt;
  return scope_.below_known(unit);
}

}  // namespace ioc::web
