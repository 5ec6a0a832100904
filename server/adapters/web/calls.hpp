#pragma once
#include "adapters/web/problem.hpp"
#include "adapters/web/request.hpp"
#include "adapters/web/scope.hpp"
#include "adapters/web/server.hpp"
#include "adapters/web/sessions.hpp"
#include "adapters/web/static_files.hpp"

#include <array>
#include <atomic>
#include <set>
#include <string>
#include <vector>

namespace ioc::web {

// What the adapter counts of itself. Written by the I/O thread and the pools, read by /metrics.
struct counters {
  std::atomic<std::uint64_t> connections{0}, connections_refused{0}, streams{0}, frames{0}, slow_closed{0};
  std::atomic<std::int64_t> connections_open{0}, streams_open{0};
  std::array<std::atomic<std::uint64_t>, 6> answers{};  // by hundreds of the status
};

// Everything a call may use. Lives as long as the server; all parts are thread-safe.
struct context {
  options const& settings;
  backend& rest;
  ioc::web::hub& live;
  session_book& sessions;
  scope& tree;
  std::function<core::time_point()> now;
  static_files pages;
  static_files maps;
  counters& counted;
};

// One request on its way through the table of calls. `units` is the user's scope; `ids` what stood in the path's places.
struct call {
  request const& r;
  session who;
  std::set<std::string> units;
  std::vector<std::string> ids;
};

// The calls, blocking, on the pools. They throw `problem`, `unavailable` or std::exception.
response log_in(context& c, call const& k);
response log_out(context& c, call const& k);
response me(context& c, call const& k);
response change_password(context& c, call const& k);
response units(context& c, call const& k);
response summary(context& c, call const& k);

response list_alerts(context& c, call const& k);
response one_alert(context& c, call const& k);
response list_devices(context& c, call const& k);
response one_device(context& c, call const& k);
response list_actions(context& c, call const& k);
response one_action(context& c, call const& k);
response list_tasks(context& c, call const& k);

response ack_alert(context& c, call const& k);
response ack_alerts(context& c, call const& k);
response close_alert(context& c, call const& k);
response comment_alert(context& c, call const& k);
response propose_action(context& c, call const& k);
response approve_action(context& c, call const& k);
response reject_action(context& c, call const& k);
response cancel_action(context& c, call const& k);
response approve_recommendation(context& c, call const& k);
response reject_recommendation(context& c, call const& k);

response create_device(context& c, call const& k);
response change_device(context& c, call const& k);
response withdraw_device(context& c, call const& k);
response import_devices(context& c, call const& k);
response claim_device(context& c, call const& k);
response make_device_account(context& c, call const& k);
response disable_device_account(context& c, call const& k);
response enable_device_account(context& c, call const& k);

response readings(context& c, call const& k);
response advice(context& c, call const& k);
response rules(context& c, call const& k);
response rejected(context& c, call const& k);
response ledger(context& c, call const& k);
response geo(context& c, call const& k);

response healthz(context& c, call const& k);
response readyz(context& c, call const& k);
response metrics(context& c, call const& k);

// Shared by the calls.
// `unit=` narrowed to what the user may see: that unit and those below; without it all of the user's. Throws 404.
std::set<std::string> wanted_units(context& c, call const& k);
std::vector<std::string> as_list(std::set<std::string> const& s);
// The unit of an object that is in the hub or in history; throws 404 when it is not there or not the user's.
std::string unit_of(context& c, call const& k, channel where, object_kind kind, std::string const& id);
// ISO 8601 argument; throws 400 that names it.
std::optional<core::time_point> time_argument(request const& r, std::string const& name);
// The backend's answer to a write; 4xx and 5xx throw the problem that its JSON describes.
response answer_of(op_result r);
std::string list_json(std::vector<std::string> const& items, std::string const& next);
// Whether the request's Origin is this server, as its Host or a configured address names it.
bool own_origin(context const& c, request const& r);
std::string own_metrics(counters const& n, hub const& live);

}  // namespace ioc::web
