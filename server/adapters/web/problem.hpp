#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ioc::web {

// One HTTP answer, before it meets a socket.
// `more`: the body goes on; each call gives the next part, an empty one is the end. Called on the pool, one at a time, as fast as the
// client reads; an exception cuts the connection, so that the client sees an answer that is not whole.
struct response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::function<std::string()> more;
  // What a repeated write is answered where `body` holds a secret that is shown once; empty = `body` itself.
  std::string repeat_body;
};

// Why a call is refused. Thrown by the calls, caught at one place (api::handle), which makes it an RFC 9457 answer.
// `code` is for programs, `title` a Vietnamese sentence for people, `detail` says what and where.
struct problem {
  int status = 400;
  std::string code;
  std::string title;
  std::string detail;
  std::vector<std::pair<std::string, std::string>> members;  // further members: name, JSON text
  std::vector<std::pair<std::string, std::string>> headers;
};

problem bad_request(std::string detail);
problem unauthenticated();
problem forbidden(std::string detail);
problem not_found();
problem database_away();
problem internal_error();

response to_response(problem const& p, std::string_view request_id);

}  // namespace ioc::web
