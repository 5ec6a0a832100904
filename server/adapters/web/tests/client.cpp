#include "adapters/web/tests/client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <poll.h>

#include <stdexcept>
#include <variant>

namespace ioc::web::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

namespace {
tcp::endpoint at(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }
std::string lower(std::string s) {
  for (auto& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}
}  // namespace

std::string reply::header(std::string const& name) const {
  auto const h = headers.find(name);
  return h == headers.end() ? std::string{} : h->second;
}

struct http_client::state {
  std::uint16_t port;
  bool tls;
  asio::io_context io;
  asio::ssl::context ssl{asio::ssl::context::tls_client};
  std::unique_ptr<tcp::socket> plain;
  std::unique_ptr<asio::ssl::stream<tcp::socket>> secure;
  beast::flat_buffer buffer;
  bool closed = false;

  void connect() {
    closed = false;
    buffer.clear();
    if (tls) {
      secure = std::make_unique<asio::ssl::stream<tcp::socket>>(io, ssl);
      secure->next_layer().connect(at(port));
      secure->handshake(asio::ssl::stream_base::client);
    } else {
      plain = std::make_unique<tcp::socket>(io);
      plain->connect(at(port));
    }
  }
  template <class S>
  void exchange(S& s, http::request<http::string_body> const& q, http::response_parser<http::string_body>& p) {
    http::write(s, q);
    http::read(s, buffer, p);
  }
};

http_client::http_client(std::uint16_t port, bool tls) : state_(new state{port, tls, {}, asio::ssl::context{asio::ssl::context::tls_client}, {}, {}, {}, false}) {
  state_->connect();
}
http_client::~http_client() = default;

reply http_client::send(std::string const& method, std::string const& path, std::string const& body, headers const& h) {
  http::request<http::string_body> q;
  q.method_string(method);
  q.target(path);
  q.set(http::field::host, "127.0.0.1:" + std::to_string(state_->port));
  if (!body.empty()) q.set(http::field::content_type, "application/json");
  for (auto const& [name, value] : h) q.set(name, value);
  q.body() = body;
  q.prepare_payload();
  if (state_->closed) state_->connect();
  for (int attempt = 0;; ++attempt) {
    http::response_parser<http::string_body> p;
    p.body_limit(64 << 20);
    p.skip(method == "HEAD");
    try {
      if (state_->tls) state_->exchange(*state_->secure, q, p);
      else state_->exchange(*state_->plain, q, p);
    } catch (boost::system::system_error const&) {
      if (attempt > 0) throw;
      state_->connect();
      continue;
    }
    reply r;
    r.status = static_cast<int>(p.get().result_int());
    for (auto const& f : p.get()) r.headers.emplace(lower(std::string(f.name_string())), std::string(f.value()));
    r.body = p.get().body();
    state_->closed = !p.get().keep_alive();
    return r;
  }
}

std::string raw(std::uint16_t port, std::string const& bytes, std::chrono::milliseconds within) {
  asio::io_context io;
  tcp::socket s(io);
  s.connect(at(port));
  boost::system::error_code ec;
  asio::write(s, asio::buffer(bytes), ec);
  std::string out;
  auto const until = std::chrono::steady_clock::now() + within;
  while (true) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd p{s.native_handle(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&p, 1, static_cast<int>(left.count())) <= 0) return out + "…";
    char chunk[4096];
    auto const n = s.read_some(asio::buffer(chunk), ec);
    if (ec) return out;
    out.append(chunk, n);
  }
}

struct ws_client::state {
  asio::io_context io;
  asio::ssl::context ssl{asio::ssl::context::tls_client};
  std::unique_ptr<websocket::stream<tcp::socket>> plain;
  std::unique_ptr<websocket::stream<asio::ssl::stream<tcp::socket>>> secure;
  beast::flat_buffer buffer;
  int code = 0;
  int pings = 0;

  template <class F>
  auto on(F f) { return plain ? f(*plain) : f(*secure); }
  tcp::socket& socket() { return plain ? plain->next_layer() : secure->next_layer().next_layer(); }
};

ws_client::ws_client(std::uint16_t port, headers const& h, bool tls, int receive_buffer) : state_(new state) {
  auto const open = [&](tcp::socket& s) {
    s.open(tcp::v4());
    if (receive_buffer > 0) s.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
    s.connect(at(port));
  };
  if (tls) {
    state_->secure = std::make_unique<websocket::stream<asio::ssl::stream<tcp::socket>>>(state_->io, state_->ssl);
    open(state_->socket());
    state_->secure->next_layer().handshake(asio::ssl::stream_base::client);
  } else {
    state_->plain = std::make_unique<websocket::stream<tcp::socket>>(state_->io);
    open(state_->socket());
  }
  state_->on([&](auto& ws) {
    ws.read_message_max(64 << 20);
    ws.set_option(websocket::stream_base::decorator([&](websocket::request_type& q) {
      for (auto const& [name, value] : h) q.set(name, value);
    }));
    ws.control_callback([this](websocket::frame_type t, beast::string_view) { state_->pings += t == websocket::frame_type::ping; });
    websocket::response_type answer;
    boost::system::error_code ec;
    ws.handshake(answer, "127.0.0.1:" + std::to_string(port), "/api/v1/stream", ec);
    if (ec) throw std::runtime_error("refused " + std::to_string(answer.result_int()));
  });
}
ws_client::~ws_client() = default;

void ws_client::send(std::string const& text, bool binary) {
  state_->on([&](auto& ws) {
    ws.binary(binary);
    ws.write(asio::buffer(text));
  });
}

std::optional<std::string> ws_client::next() {
  boost::system::error_code ec;
  state_->on([&](auto& ws) {
    ws.read(state_->buffer, ec);
    if (ec) state_->code = ec == websocket::error::closed ? ws.reason().code : 1006;
  });
  if (ec) return std::nullopt;
  auto out = beast::buffers_to_string(state_->buffer.data());
  state_->buffer.clear();
  return out;
}

// Only over plain sockets: TLS may hold bytes that poll does not see.
std::optional<std::string> ws_client::next_within(std::chrono::milliseconds most) {
  pollfd p{state_->socket().native_handle(), POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(most.count())) <= 0) return std::nullopt;
  return next();
}

int ws_client::close_code() const { return state_->code; }
int ws_client::pings() const { return state_->pings; }
void ws_client::send_raw(std::string const& bytes) { asio::write(state_->socket(), asio::buffer(bytes)); }

}  // namespace ioc::web::test
