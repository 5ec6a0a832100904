#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ioc::web::test {

struct reply {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // lower-case names
  std::string body;
  std::string header(std::string const& name) const;
};
using headers = std::map<std::string, std::string>;

// A blocking client over loopback, on real sockets. With `tls` it accepts any certificate.
class http_client {
 public:
  explicit http_client(std::uint16_t port, bool tls = false);
  ~http_client();
  // Connects anew when the server closed. A body is sent as application/json unless `h` says otherwise.
  reply send(std::string const& method, std::string const& path, std::string const& body = {}, headers const& h = {});

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// Sends bytes as they are, then reads until the server closes, or `within` is over ("…" is appended).
std::string raw(std::uint16_t port, std::string const& bytes, std::chrono::milliseconds within = std::chrono::seconds{5});

class ws_client {
 public:
  // Throws with the HTTP status in its text when the upgrade is refused.
  ws_client(std::uint16_t port, headers const& h, bool tls = false, int receive_buffer = 0);
  ~ws_client();
  void send(std::string const& text, bool binary = false);
  // The next text frame; nothing once the server has closed: then close_code() says why (1006 = without a word).
  std::optional<std::string> next();
  std::optional<std::string> next_within(std::chrono::milliseconds most);
  int close_code() const;
  int pings() const;
  void send_raw(std::string const& bytes);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ioc::web::test
