#include "adapters/web/connection.hpp"

#include "adapters/web/password.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace ioc::web {

namespace {
constexpr std::uint32_t most_header = 16 * 1024;
constexpr std::uint64_t most_body = 1 << 20;
constexpr std::uint64_t most_import = 16 << 20;  // a table of tens of thousands of devices
constexpr int most_logins_waiting = 64;
constexpr auto write_step_within = std::chrono::seconds{30};
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr auto handshake_within = std::chrono::seconds{10};

constexpr auto content_policy =
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'";

problem too_large() { return {413, "too_large", "Nội dung gửi lên quá lớn", "a body may hold 1 MiB", {}, {}}; }
problem head_too_large() { return {431, "head_too_large", "Phần đầu yêu cầu quá lớn", "a request head may hold 16 KiB", {}, {}}; }
problem busy() { return {503, "busy", "Máy chủ đang bận, hãy thử lại", "too many log-ins at once", {}, {{"Retry-After", "1"}}}; }
problem upgrade_needed() {
  return {426, "upgrade_required", "Đường dẫn này chỉ dành cho WebSocket", "send an Upgrade to websocket, version 13", {}, {{"Upgrade", "websocket"}}};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

template <class S>
class connection_on final : public open_connection {
 public:
  static constexpr bool tls = std::is_same_v<S, tls_stream>;

  connection_on(engine& e, S s) : engine_(e), stream_(std::move(s)) {
    beast::error_code ec;
    auto const peer = lowest().socket().remote_endpoint(ec);
    auto address = peer.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    loopback_ = !ec && address.is_loopback();
  }

  asio::awaitable<void> run() override {
    if constexpr (tls) {
      lowest().expires_after(handshake_within);
      auto const [ec] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_result);
      if (ec) co_return;
    }
    beast::flat_buffer buffer(most_header + 64 * 1024);
    bool more = true;
    while (more && !engine_.stopping) more = co_await one(buffer);
    if (!stream_session_) co_await say_goodbye();
  }

  void stop() override {
    if (stream_session_) {
      stream_session_->close(1001, "server stops");
    } else if (idle_) {
      lowest().close();
    }
  }

  void abort() override {
    if (stream_session_) {
      stream_session_->abort();
    } else {
      lowest().close();
    }
  }

 private:
  using parser = http::request_parser<http::string_body>;
  auto& lowest() { return beast::get_lowest_layer(stream_); }

  // One request and its answer; false when the connection ends with it.
  asio::awaitable<bool> one(beast::flat_buffer& buffer) {
    parser p;
    p.header_limit(most_header);
    p.body_limit(most_import);
    lowest().expires_after(engine_.settings.header_timeout);
    idle_ = true;
    auto const [head_error, head_size] = co_await http::async_read_header(stream_, buffer, p, as_result);
    idle_ = false;
    request r;
    r.id = new_request_id();
    r.tls = tls;
    if (head_error) co_return co_await refuse(head_error, r);
    if (!p.get().target().starts_with("/api/v1/devices/import")) {
      p.body_limit(most_body);
      auto const announced = p.content_length();
      beast::error_code const too_long = http::error::body_limit;
      if (announced && *announced > most_body) co_return co_await refuse(too_long, r);
    }
    if (beast::iequals(p.get()[http::field::expect], "100-continue") && !p.is_done()) {
      http::response<http::empty_body> go(http::status::continue_, 11);
      http::response_serializer<http::empty_body> s(go);
      co_await http::async_write(stream_, s, as_result);
    }
    lowest().expires_after(engine_.settings.body_timeout);
    auto const [body_error, body_size] = co_await http::async_read(stream_, buffer, p, as_result);
    if (body_error) co_return co_await refuse(body_error, r);

    auto message = p.release();
    bool const head = message.method() == http::verb::head;
    bool const keep = message.keep_alive();
    unsigned const version = message.version() == 10 ? 10 : 11;
    if (!understood(message, r)) {
      auto const answer = to_response(bad_request("the request line or the Host header is malformed"), r.id);
      co_await write(answer, false, head, version);
      co_return false;
    }
    // While the backend works no socket timer runs; its calls have their own deadlines.
    lowest().expires_never();
    if (engine_.calls.is_stream(r) && r.method == "GET") co_return co_await stream(message, r, keep, version);
    response answer;
    if (engine_.calls.slow(r)) {
      if (engine_.logins_waiting >= most_logins_waiting) {
        answer = to_response(busy(), r.id);
      } else {
        ++engine_.logins_waiting;
        auto work = [this, &r] { return engine_.calls.handle(r); };
        answer = co_await on_pool(engine_.logins, work);
        --engine_.logins_waiting;
      }
    } else {
      auto work = [this, &r] { return engine_.calls.handle(r); };
      answer = co_await on_pool(engine_.pool, work);
    }
    answer.headers.emplace_back("X-Request-Id", r.id);
    bool const goes_on = keep && !engine_.stopping;
    bool const written = co_await write(answer, goes_on, head, version);
    co_return written && goes_on;
  }

  bool understood(http::request<http::string_body>& m, request& r) {
    r.method = m.method() == http::verb::head ? "GET" : std::string(m.method_string());
    for (auto const& f : m) {
      auto& value = r.headers[lower(f.name_string())];
      if (!value.empty()) value += f.name() == http::field::cookie ? "; " : ", ";
      value += f.value();
    }
    r.loopback = loopback_ && r.header("x-forwarded-for").empty() && r.header("forwarded").empty();
    r.body = std::move(m.body());
    auto const hosts = m.count(http::field::host);
    if (hosts > 1 || (m.version() == 11 && hosts == 0)) return false;
    return parse_target(m.target(), r);
  }

  asio::awaitable<bool> stream(http::request<http::string_body>& m, request const& r, bool keep, unsigned version) {
    auto const upgrade = lower(r.header("upgrade"));
    bool const asks = upgrade == "websocket" && lower(r.header("connection")).find("upgrade") != std::string::npos &&
                      r.header("sec-websocket-version") == "13" && !r.header("sec-websocket-key").empty();
    auto work = [this, &r] { return engine_.calls.admit(r); };
    auto admitted = co_await on_pool(engine_.pool, work);
    auto const* refused = std::get_if<response>(&admitted);
    if (refused || !asks) {
      auto const answer = refused ? *refused : to_response(upgrade_needed(), r.id);
      bool const goes_on = keep && !engine_.stopping;
      bool const written = co_await write(answer, goes_on, false, version);
      co_return written && goes_on;
    }
    stream_session_ = make_stream(engine_, std::move(stream_), std::get<api::viewer>(std::move(admitted)));
    co_await stream_session_->run(std::move(m));
    co_return false;
  }

  asio::awaitable<bool> refuse(beast::error_code ec, request const& r) {
    bool const is_http = ec.category() == http::make_error_code(http::error::bad_version).category();
    if (!is_http || ec == http::error::end_of_stream || ec == http::error::partial_message) {
      quiet_ = true;
      co_return false;
    }
    auto const p = ec == http::error::body_limit                                          ? too_large()
                   : ec == http::error::header_limit || ec == http::error::buffer_overflow ? head_too_large()
                                                                                           : bad_request("malformed HTTP: " + ec.message());
    auto const answer = to_response(p, r.id);
    co_await write(answer, false, false, 11);
    co_return false;
  }

  asio::awaitable<bool> write(response const& a, bool keep, bool head, unsigned version) {
    if (a.more) co_return co_await write_parts(a, keep, head, version);
    http::response<http::string_body> m(static_cast<http::status>(a.status), version);
    m.keep_alive(keep);
    for (auto const& [name, value] : a.headers) m.insert(name, value);
    common_fields(m);
    bool const bodiless = a.status == 204 || a.status == 304;
    if (!bodiless) {
      m.set(http::field::content_type, a.type);
      m.content_length(a.body.size());
      if (!head) m.body() = a.body;
    }
    if (a.status >= 100 && a.status < 600) ++engine_.counted.answers[static_cast<std::size_t>(a.status / 100)];
    http::response_serializer<http::string_body> s(m);
    s.split(head);
    while (head ? !s.is_header_done() : !s.is_done()) {
      lowest().expires_after(write_step_within);
      auto const [ec, n] = co_await http::async_write_some(stream_, s, as_result);
      if (ec) co_return false;
    }
    co_return true;
  }

  // A body of unknown length: chunks, or for HTTP 1.0 up to the end of the connection. The next part is asked for when the one before
  // has gone out; whoever takes too long over 64 KiB is let go. False when the connection ends with it.
  asio::awaitable<bool> write_parts(response const& a, bool keep, bool head, unsigned version) {
    http::response<http::empty_body> m(static_cast<http::status>(a.status), version);
    bool const chunked = version == 11;
    m.keep_alive(keep && chunked);
    for (auto const& [name, value] : a.headers) m.insert(name, value);
    common_fields(m);
    m.set(http::field::content_type, a.type);
    if (chunked) m.chunked(true);
    ++engine_.counted.answers[static_cast<std::size_t>(a.status / 100)];
    http::response_serializer<http::empty_body> s(m);
    lowest().expires_after(write_step_within);
    auto const [head_error, head_size] = co_await http::async_write_header(stream_, s, as_result);
    if (head_error) co_return false;
    if (head) co_return keep && chunked;
    std::optional<std::string> part = a.body;
    while (part && !part->empty()) {
      for (std::size_t at = 0; at < part->size(); at += piece_bytes) {
        auto const piece = asio::buffer(part->data() + at, std::min(piece_bytes, part->size() - at));
        lowest().expires_after(write_step_within);
        beast::error_code failed;
        if (chunked) {
          auto const framed = http::make_chunk(piece);
          auto const [ec, n] = co_await asio::async_write(stream_, framed, as_result);
          failed = ec;
        } else {
          auto const [ec, n] = co_await asio::async_write(stream_, piece, as_result);
          failed = ec;
        }
        if (failed) co_return false;
      }
      if (engine_.stopping) co_return false;
      lowest().expires_never();
      auto work = [&a]() -> std::optional<std::string> {
        try {
          return a.more();
        } catch (std::exception const& e) {
          spdlog::warn("web: an answer was cut off: {}", e.what());
          return std::nullopt;
        }
      };
      part = co_await on_pool(engine_.pool, work);
    }
    if (!part) {
      quiet_ = true;
      lowest().close();  // no last chunk: the client sees that it is not whole
      co_return false;
    }
    if (!chunked) co_return false;
    lowest().expires_after(write_step_within);
    auto const last = http::make_chunk_last();
    auto const [end_error, end_size] = co_await asio::async_write(stream_, last, as_result);
    co_return !end_error && keep;
  }

  template <class M>
  void common_fields(M& m) {
    if (m.find(http::field::cache_control) == m.end()) m.set(http::field::cache_control, "no-store");
    m.set("Content-Security-Policy", content_policy);
    m.set("X-Content-Type-Options", "nosniff");
    m.set("Referrer-Policy", "no-referrer");
    if constexpr (tls) m.set("Strict-Transport-Security", "max-age=31536000");
  }

  // Closing with unread bytes would reset the connection and take the answer with it: read on for a moment.
  asio::awaitable<void> say_goodbye() {
    beast::error_code ignored;
    auto& l = lowest();
    if (!quiet_ && l.socket().is_open()) {
      if constexpr (tls) {
        l.expires_after(std::chrono::seconds{2});
        co_await stream_.async_shutdown(as_result);
      }
      l.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      std::string scratch(16 * 1024, '\0');
      l.expires_after(std::chrono::seconds{2});
      for (std::size_t have = 0; have < 4 * most_body && !engine_.stopping;) {
        auto const [ec, n] = co_await l.async_read_some(asio::buffer(scratch), as_result);
        if (ec) break;
        have += n;
      }
    }
    l.close();
  }

  engine& engine_;
  S stream_;
  std::unique_ptr<stream_session> stream_session_;
  bool loopback_ = false;
  bool idle_ = false;
  bool quiet_ = false;
};
}  // namespace

std::unique_ptr<open_connection> make_connection(engine& e, asio::ip::tcp::socket s, asio::ssl::context* tls) {
  if (tls) return std::make_unique<connection_on<tls_stream>>(e, tls_stream(std::move(s), *tls));
  return std::make_unique<connection_on<plain_stream>>(e, plain_stream(std::move(s)));
}

}  // namespace ioc::web
