#include "adapters/web/body.hpp"
#include "adapters/web/calls.hpp"

#include "core/value.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace ioc::web {

namespace {
constexpr std::size_t most_reason = 2000;

registry_request prepare(call const& k, registry_call what) {
  registry_request r;
  r.what = what;
  r.user = k.who.user;
  r.role = k.who.role;
  r.own_unit = k.who.unit;
  r.units = as_list(k.units);
  if (k.ids.size() == 2) {
    if (!k.units.contains(k.ids[0])) throw not_found();
    r.unit = k.ids[0];
    r.device = k.ids[1];
  }
  return r;
}

// The body as an object, without `reason`, which goes into the audit log. What its fields mean is the registry's business.
void take_body(call const& k, registry_request& r) {
  boost::system::error_code ec;
  auto parsed = boost::json::parse(k.r.body.empty() ? std::string_view{"{}"} : std::string_view{k.r.body}, ec);
  if (ec) throw bad_request("the body is not JSON: " + ec.message());
  if (!parsed.is_object()) throw bad_request("the body must be a JSON object");
  auto& o = parsed.get_object();
  if (auto const* reason = o.if_contains("reason"); reason && !reason->is_null()) {
    if (!reason->is_string() || reason->get_string().size() > most_reason) throw bad_request("field 'reason' must be a text of at most 2000 bytes");
    r.reason = std::string(reason->get_string());
  }
  o.erase("reason");
  r.body = boost::json::serialize(parsed);
  if (r.body.find("\\u0000") != std::string::npos) throw bad_request("the body holds a NUL character");
}

bool flag(call const& k, std::string const& name) {
  auto const v = k.r.argument(name);
  if (v.empty() || v == "0" || v == "false") return false;
  if (v != "1" && v != "true") throw bad_request("argument '" + name + "' is 1 or 0");
  return true;
}

std::string reason_argument(call const& k) {
  auto const reason = k.r.argument("reason");
  if (reason.size() > most_reason) throw bad_request("argument 'reason' is longer than 2000 bytes");
  return std::string(reason);
}

response with_body(context& c, call const& k, registry_call what) {
  only_arguments(k.r, {});
  auto r = prepare(k, what);
  take_body(k, r);
  return answer_of(c.rest.registry(r));
}
}  // namespace

response create_device(context& c, call const& k) { return with_body(c, k, registry_call::create); }
response change_device(context& c, call const& k) { return with_body(c, k, registry_call::change); }
response claim_device(context& c, call const& k) { return with_body(c, k, registry_call::claim); }

response enable_device_account(context& c, call const& k) { return with_body(c, k, registry_call::enable_account); }

response withdraw_device(context& c, call const& k) {
  only_arguments(k.r, {"revert", "reason"});
  auto r = prepare(k, flag(k, "revert") ? registry_call::revert : registry_call::withdraw);
  r.reason = reason_argument(k);
  return answer_of(c.rest.registry(r));
}

response import_devices(context& c, call const& k) {
  only_arguments(k.r, {"unit", "dry_run", "all_or_nothing", "accounts", "reason"});
  auto r = prepare(k, registry_call::import);
  r.unit = k.r.argument("unit");
  if (!r.unit.empty() && !k.units.contains(r.unit)) throw not_found();
  r.dry_run = flag(k, "dry_run");
  r.all_or_nothing = flag(k, "all_or_nothing");
  r.accounts_made = flag(k, "accounts");
  r.reason = reason_argument(k);
  r.body = k.r.body;
  return answer_of(c.rest.registry(r));
}

// The password stands in this answer and nowhere else: a repeated write with the same key is told that it was given.
response make_device_account(context& c, call const& k) {
  only_arguments(k.r, {});
  auto r = prepare(k, registry_call::make_account);
  take_body(k, r);
  auto out = answer_of(c.rest.registry(r));
  auto shown = boost::json::parse(out.body).as_object();
  shown["password"] = nullptr;
  shown["password_shown"] = true;
  out.repeat_body = boost::json::serialize(shown);
  return out;
}

response disable_device_account(context& c, call const& k) {
  only_arguments(k.r, {"reason"});
  auto r = prepare(k, registry_call::disable_account);
  r.reason = reason_argument(k);
  return answer_of(c.rest.registry(r));
}

}  // namespace ioc::web
