#include "adapters/web/problem.hpp"

#include "core/value.hpp"

namespace ioc::web {

problem bad_request(std::string detail) { return {400, "bad_request", "Yêu cầu không hợp lệ", std::move(detail), {}, {}}; }

problem unauthenticated() {
  return {401, "unauthenticated", "Cần đăng nhập", "no session, or it has ended", {}, {{"WWW-Authenticate", "Bearer"}}};
}

problem forbidden(std::string detail) { return {403, "forbidden", "Vai trò của bạn không được làm việc này", std::move(detail), {}, {}}; }

problem not_found() { return {404, "not_found", "Không tìm thấy", "nothing is there, or it belongs to another unit", {}, {}}; }

problem database_away() {
  return {503, "database_away", "Cơ sở dữ liệu tạm thời không sẵn sàng, hãy thử lại", "the database is away", {}, {{"Retry-After", "5"}}};
}

problem internal_error() {
  return {500, "internal_error", "Lỗi máy chủ, hãy báo quản trị hệ thống kèm mã yêu cầu", "see the server's log for this request id", {}, {}};
}

response to_response(problem const& p, std::string_view request_id) {
  response r;
  r.status = p.status;
  r.type = "application/problem+json";
  r.headers = p.headers;
  r.body = R"({"type":"about:blank","title":)" + core::json_quote(p.title) + R"(,"status":)" + std::to_string(p.status) + R"(,"code":)" +
           core::json_quote(p.code) + R"(,"detail":)" + core::json_quote(p.detail) + R"(,"instance":)" + core::json_quote(request_id);
  for (auto const& [name, json] : p.members) r.body += "," + core::json_quote(name) + ":" + json;
  r.body += "}";
  return r;
}

}  // namespace ioc::web
