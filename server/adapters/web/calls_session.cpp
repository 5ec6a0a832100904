#include "adapters/web/body.hpp"
#include "adapters/web/calls.hpp"
#include "adapters/web/password.hpp"

#include "core/value.hpp"

#include <algorithm>

namespace ioc::web {

namespace {
constexpr auto cookie_name = "ioc_session";

problem too_many(std::chrono::seconds wait) {
  return {429, "locked", "Tài khoản tạm khóa vì đăng nhập sai nhiều lần", "try again after the time in Retry-After", {},
          {{"Retry-After", std::to_string(wait.count())}}};
}

std::string cookie(context const& c, std::string const& value, std::chrono::seconds age) {
  std::string text = std::string(cookie_name) + "=" + value + "; HttpOnly; SameSite=Strict; Path=/; Max-Age=" + std::to_string(age.count());
  if (!c.settings.certificate.empty()) text += "; Secure";
  return text;
}

std::string me_json(context& c, session const& s, std::set<std::string> const& scope_of) {
  std::string out = R"({"user":)" + core::json_quote(s.user) + R"(,"name":)" + core::json_quote(s.full_name) + R"(,"role":)" +
                    core::json_quote(s.role) + R"(,"unit":)" + core::json_quote(s.unit) + R"(,"units":[)";
  bool first = true;
  for (auto const& u : scope_of) {
    if (!first) out += ',';
    first = false;
    out += core::json_quote(u);
  }
  return out + R"(],"must_change_password":)" + (s.must_change ? "true" : "false") + R"(,"session_ends":")" + core::to_iso(s.ends_at) +
         R"(","server_time":")" + core::to_iso(c.now()) + R"("})";
}
}  // namespace

response log_in(context& c, call const& k) {
  body const b(k.r.body, {"user", "password", "totp"});
  auto const user = b.text("user", 64);
  auto const password = b.text("password", 1000);
  bool const browser = !k.r.header("origin").empty();
  if (browser && !own_origin(c, k.r))
    throw problem{403, "foreign_origin", "Yêu cầu đến từ một trang khác nên bị từ chối", "the Origin header names another site", {}, {}};
  auto const outcome = c.sessions.log_in(user, password);
  if (auto const* l = std::get_if<session_book::locked>(&outcome)) throw too_many(l->retry_after);
  auto const* in = std::get_if<session_book::logged_in>(&outcome);
  if (!in) throw problem{401, "wrong_password", "Sai tên đăng nhập hoặc mật khẩu", "user or password is wrong", {}, {}};
  response out;
  out.body = "{";
  if (browser) {
    out.headers.emplace_back("Set-Cookie", cookie(c, in->token, c.settings.session_length));
  } else {
    out.body += R"("token":)" + core::json_quote(in->token) + ",";
  }
  out.body += R"("me":)" + me_json(c, in->who, c.tree.below(in->who.unit)) + "}";
  return out;
}

response log_out(context& c, call const& k) {
  c.sessions.log_out(k.who);
  response out;
  out.status = 204;
  out.headers.emplace_back("Set-Cookie", cookie(c, "", std::chrono::seconds{0}));
  return out;
}

response me(context& c, call const& k) {
  response out;
  out.body = me_json(c, k.who, k.units);
  return out;
}

response change_password(context& c, call const& k) {
  body const b(k.r.body, {"old", "new"});
  auto const old_password = b.text("old", 1000);
  auto const new_password = b.text("new", 1000);
  if (!good_password(new_password))
    throw problem{400, "weak_password", "Mật khẩu mới phải có ít nhất 12 ký tự", "field 'new' needs at least 12 characters", {}, {}};
  if (new_password == old_password)
    throw problem{400, "same_password", "Mật khẩu mới phải khác mật khẩu cũ", "field 'new' is the same as 'old'", {}, {}};
  auto const outcome = c.sessions.change_password(k.who, old_password, new_password);
  if (auto const* l = std::get_if<session_book::locked>(&outcome)) throw too_many(l->retry_after);
  // 400, not 401: the session itself is good, and a browser must not send its user to the log-in page.
  if (std::holds_alternative<session_book::wrong>(outcome))
    throw problem{400, "wrong_password", "Mật khẩu cũ không đúng", "field 'old' is wrong", {}, {}};
  response out;
  out.status = 204;
  return out;
}

response units(context& c, call const& k) {
  std::vector<std::string> items;
  for (auto const& n : c.tree.tree()) {
    if (!k.units.contains(n.code)) continue;
    std::string one = R"({"code":)" + core::json_quote(n.code) + R"(,"name":)" + core::json_quote(n.name) + R"(,"kind":)" + core::json_quote(n.kind) +
                      R"(,"parent":)" + (n.parent.empty() ? "null" : core::json_quote(n.parent)) + R"(,"zones":[)";
    for (std::size_t i = 0; i < n.zones.size(); ++i) {
      if (i > 0) one += ',';
      one += R"({"id":)" + core::json_quote(n.zones[i].id) + R"(,"name":)" + core::json_quote(n.zones[i].name) + "}";
    }
    items.push_back(one + "]}");
  }
  response out;
  out.body = list_json(items, "");
  return out;
}

response summary(context& c, call const& k) {
  only_arguments(k.r, {"unit"});
  auto const asked = std::string(k.r.argument("unit"));
  auto const unit = asked.empty() ? k.who.unit : asked;
  if (!k.units.contains(unit)) throw not_found();
  auto const found = c.live.find(channel::summary, unit);
  if (!found) throw not_found();
  response out;
  out.body = *found->json;
  return out;
}

}  // namespace ioc::web
