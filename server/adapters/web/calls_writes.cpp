#include "adapters/web/body.hpp"
#include "adapters/web/calls.hpp"

#include "core/ids.hpp"
#include "core/value.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace ioc::web {

namespace {
constexpr std::size_t most_text = 2000;
constexpr std::size_t most_ids = 1000;

operation prepare(call const& k, op_kind kind, std::string id, std::string text) {
  return {kind, std::move(id), k.who.user, k.who.role, k.who.unit, as_list(k.units), std::move(text), k.r.body.empty() ? "{}" : k.r.body};
}

// 4xx with {"title", "detail", …} becomes a problem; its further members stay.
problem refusal(op_result const& r) {
  problem p{r.status, r.status == 404 ? "not_found" : r.status == 403 ? "forbidden" : r.status == 409 ? "conflict" : "refused",
            "Trạng thái hiện tại không cho phép thao tác này", "", {}, {}};
  if (r.status == 404) return not_found();
  boost::system::error_code ec;
  auto const parsed = boost::json::parse(r.json, ec);
  if (ec || !parsed.is_object()) return p;
  for (auto const& pair : parsed.get_object()) {
    std::string const name(pair.key());
    auto const* s = pair.value().if_string();
    if (name == "title" && s) p.title = s->c_str();
    else if (name == "detail" && s) p.detail = s->c_str();
    else if (name == "code" && s) p.code = s->c_str();
    else if (name != "type" && name != "status" && name != "instance") p.members.emplace_back(name, boost::json::serialize(pair.value()));
  }
  return p;
}

response answer(op_result r) { return answer_of(std::move(r)); }

std::string alert_id(context& c, call const& k) {
  unit_of(c, k, channel::alerts, object_kind::alert, k.ids.at(0));
  return k.ids[0];
}

std::string action_id(context& c, call const& k) {
  unit_of(c, k, channel::actions, object_kind::action, k.ids.at(0));
  return k.ids[0];
}

// Recommendations are no channel of the hub: the backend holds their unit against `units`.
std::string recommendation_id(call const& k) {
  if (!core::uuid::parse(k.ids.at(0))) throw not_found();
  return k.ids[0];
}
}  // namespace

response answer_of(op_result r) {
  if (r.status >= 400) throw refusal(r);
  response out;
  out.status = r.status;
  out.body = std::move(r.json);
  return out;
}

response ack_alert(context& c, call const& k) {
  body const b(k.r.body, {"reason"});
  auto const reason = b.optional_text("reason", most_text).value_or("");
  return answer(c.rest.operate(prepare(k, op_kind::ack, alert_id(c, k), reason)));
}

response ack_alerts(context& c, call const& k) {
  body const b(k.r.body, {"ids", "reason"});
  auto const ids = b.texts("ids", most_ids);
  auto const reason = b.optional_text("reason", most_text).value_or("");
  std::vector<std::string> items;
  for (auto const& id : ids) {
    std::string one = R"({"id":)" + core::json_quote(id);
    try {
      unit_of(c, k, channel::alerts, object_kind::alert, id);
      auto op = prepare(k, op_kind::ack, id, reason);
      op.body_json = "{}";
      auto const done = c.rest.operate(op);
      one += R"(,"status":)" + std::to_string(done.status);
      if (done.status < 400) {
        one += R"(,"alert":)" + done.json;
      } else {
        auto const p = refusal(done);
        one += R"(,"title":)" + core::json_quote(p.title);
        for (auto const& [name, json] : p.members) one += "," + core::json_quote(name) + ":" + json;
      }
    } catch (problem const& p) {
      one += R"(,"status":)" + std::to_string(p.status) + R"(,"title":)" + core::json_quote(p.title);
    } catch (unavailable const&) {
      // Those before it are done: the answer says which, rather than failing as a whole.
      one += R"(,"status":503,"title":)" + core::json_quote(database_away().title);
    }
    items.push_back(one + "}");
  }
  response out;
  out.body = list_json(items, "");
  return out;
}

response close_alert(context& c, call const& k) {
  body const b(k.r.body, {"reason"});
  auto const reason = b.text("reason", most_text);
  return answer(c.rest.operate(prepare(k, op_kind::close, alert_id(c, k), reason)));
}

response comment_alert(context& c, call const& k) {
  body const b(k.r.body, {"text"});
  auto const text = b.text("text", most_text);
  return answer(c.rest.operate(prepare(k, op_kind::comment, alert_id(c, k), text)));
}

response propose_action(context& c, call const& k) {
  body const b(k.r.body, {"alert", "unit", "playbook", "step", "command", "targets", "args", "drill", "reason"});
  b.text("command", 128);
  b.texts("targets", most_ids);
  b.need_object_if_there("args");
  b.need_whole_if_there("step");
  b.optional_flag("drill");
  b.optional_text("playbook", 128);
  auto const reason = b.optional_text("reason", most_text).value_or("");
  if (auto const unit = b.optional_text("unit", 64); unit && !k.units.contains(*unit)) throw not_found();
  if (auto const alert = b.optional_text("alert", 64)) unit_of(c, k, channel::alerts, object_kind::alert, *alert);
  return answer(c.rest.operate(prepare(k, op_kind::propose_action, "", reason)));
}

response approve_action(context& c, call const& k) {
  body const b(k.r.body, {"reason"});
  auto const reason = b.optional_text("reason", most_text).value_or("");
  return answer(c.rest.operate(prepare(k, op_kind::approve_action, action_id(c, k), reason)));
}

response reject_action(context& c, call const& k) {
  body const b(k.r.body, {"reason"});
  auto const reason = b.text("reason", most_text);
  return answer(c.rest.operate(prepare(k, op_kind::reject_action, action_id(c, k), reason)));
}

response cancel_action(context& c, call const& k) {
  body const b(k.r.body, {"reason"});
  auto const reason = b.optional_text("reason", most_text).value_or("");
  return answer(c.rest.operate(prepare(k, op_kind::cancel_action, action_id(c, k), reason)));
}

response approve_recommendation(context& c, call const& k) {
  body const b(k.r.body, {"reason"});
  auto const reason = b.optional_text("reason", most_text).value_or("");
  return answer(c.rest.operate(prepare(k, op_kind::approve_recommendation, recommendation_id(k), reason)));
}

response reject_recommendation(context& c, call const& k) {
  body const b(k.r.body, {"reason"});
  auto const reason = b.text("reason", most_text);
  return answer(c.rest.operate(prepare(k, op_kind::reject_recommendation, recommendation_id(k), reason)));
}

}  // namespace ioc::web
