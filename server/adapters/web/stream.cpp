#include "adapters/web/stream.hpp"

#include "adapters/web/commands.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace ioc::web {

namespace {
namespace websocket = beast::websocket;
using steady = std::chrono::steady_clock;

// Beyond the first a client is told so (1009); beyond the second Beast cuts it off, and its close frame may not arrive.
constexpr std::size_t most_message = 16 * 1024;
constexpr std::size_t most_message_read = 256 * 1024;
constexpr auto close_within = std::chrono::seconds{10};
constexpr auto write_within = std::chrono::seconds{120};
constexpr auto recheck_every = std::chrono::seconds{15};
constexpr std::uint16_t session_over = 1008;
constexpr std::uint16_t too_slow = 1013;

// Three coroutines that end together: the reader takes commands, the writer sends what the outbox holds and pings, the
// watch ends what has gone on too long. The socket closes first, then the others fail and return.
template <class S>
class session_on final : public stream_session {
 public:
  session_on(engine& e, S s, api::viewer v)
      : engine_(e), ws_(std::move(s)), who_(std::move(v)), commands_(e.calls, e.live, outbox_, who_),
        poke_(ws_.get_executor()), tick_(ws_.get_executor()) {}

  asio::awaitable<void> run(http::request<http::string_body> upgrade) override {
    using namespace asio::experimental::awaitable_operators;
    auto& lowest = beast::get_lowest_layer(ws_);
    lowest.expires_never();
    websocket::stream_base::timeout limits;
    limits.handshake_timeout = std::chrono::seconds{10};
    limits.idle_timeout = websocket::stream_base::none();  // the watch looks after that
    limits.keep_alive_pings = false;
    ws_.set_option(limits);
    ws_.read_message_max(most_message_read);
    ws_.auto_fragment(false);
    ws_.text(true);
    // Kernel buffers would hide a slow reader behind megabytes of old deltas.
    beast::error_code ignored;
    lowest.socket().set_option(asio::socket_base::send_buffer_size(128 * 1024), ignored);
    lowest.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    auto const [ec] = co_await ws_.async_accept(upgrade, as_result);
    if (ec) co_return;
    ws_.control_callback([this](websocket::frame_type, beast::string_view) { heard_ = steady::now(); });
    heard_ = steady::now();
    next_ping_ = heard_ + engine_.settings.ping_every;
    next_check_ = heard_ + recheck_every;
    outbox_.say(R"({"type":"hello","protocol":1,"time":")" + core::to_iso(engine_.now()) + R"("})");
    engine_.streams.insert(this);
    ++engine_.counted.streams;
    ++engine_.counted.streams_open;
    if (engine_.stopping) close(1001, "server stops");
    co_await (reader() && writer() && watch());
    engine_.streams.erase(this);
    --engine_.counted.streams_open;
  }

  void changed(std::vector<change> const& all) override {
    if (closing_) return;
    for (auto const& c : all) outbox_.changed(c);
    mind_size();
    poke_.cancel();
  }

  void close(std::uint16_t code, char const* reason) override {
    if (closing_) return;
    closing_ = true;
    closing_since_ = steady::now();
    reason_ = websocket::close_reason(static_cast<websocket::close_code>(code), reason);
    poke_.cancel();
  }

  std::string const& session_hash() const override { return who_.who.hash; }

  void abort() override {
    done_ = true;
    poke_.cancel();
    tick_.cancel();
    beast::get_lowest_layer(ws_).close();
  }

 private:
  void mind_size() {
    if (closing_ || outbox_.bytes() + writing_ <= engine_.settings.stream_bytes) return;
    ++engine_.counted.slow_closed;
    close(too_slow, "reads too slowly");
  }

  asio::awaitable<void> reader() {
    beast::flat_buffer buffer;
    while (!done_) {
      auto const [ec, n] = co_await ws_.async_read(buffer, as_result);
      if (ec) break;
      heard_ = steady::now();
      if (!closing_) {
        if (buffer.size() > most_message) {
          close(1009, "a message may hold 16 KiB");
        } else if (ws_.got_text()) {
          auto const data = buffer.cdata();
          commands_.take(std::string_view(static_cast<char const*>(data.data()), data.size()));
          mind_size();
          poke_.cancel();
        } else {
          close(1003, "text frames only");
        }
      }
      buffer.clear();
    }
    // A close handshake that the writer runs may still need the socket.
    if (!closing_) abort();
  }

  asio::awaitable<void> writer() {
    while (!done_ && !closing_) {
      if (steady::now() >= next_ping_) {
        websocket::ping_data const empty;
        next_ping_ = steady::now() + engine_.settings.ping_every;
        auto const [ec] = co_await ws_.async_ping(empty, as_result);
        if (ec) break;
      } else if (auto const f = outbox_.next(engine_.live)) {
        if (!co_await write(*f)) break;
      } else {
        poke_.expires_at(next_ping_);
        co_await poke_.async_wait(as_result);
      }
    }
    if (closing_ && !done_) {
      // The send buffer may be full: the watch ends this after close_within.
      co_await ws_.async_close(reason_, as_result);
    }
    abort();
  }

  asio::awaitable<bool> write(frame const& f) {
    // The items are shared with every other viewer; nothing is copied here.
    static constexpr char comma[] = ",";
    std::vector<asio::const_buffer> parts;
    parts.reserve(f.items.size() * 2 + 2);
    parts.emplace_back(asio::buffer(f.head));
    for (std::size_t i = 0; i < f.items.size(); ++i) {
      if (i > 0) parts.emplace_back(comma, 1);
      parts.emplace_back(asio::buffer(*f.items[i]));
    }
    parts.emplace_back(asio::buffer(f.tail));
    bool const is_snapshot = f.head.starts_with(R"({"type":"snapshot)");
    writing_ = is_snapshot ? 0 : f.size();
    write_since_ = steady::now();
    auto const [ec, n] = co_await ws_.async_write(parts, as_result);
    writing_ = 0;
    write_since_.reset();
    ++engine_.counted.frames;
    co_return !ec;
  }

  asio::awaitable<void> watch() {
    while (!done_) {
      auto const now = steady::now();
      bool const deaf = now - heard_ > 3 * engine_.settings.ping_every && !write_since_;
      bool const stuck = write_since_ && now - *write_since_ > write_within;
      if (deaf || stuck || (closing_ && now - closing_since_ > close_within)) {
        abort();
        break;
      }
      if (!closing_ && engine_.now() >= who_.who.ends_at) close(session_over, "session ended");
      if (!closing_ && now >= next_check_) {
        next_check_ = now + recheck_every;
        auto ask = [this] { return engine_.calls.still(who_); };
        auto const is = co_await on_pool(engine_.pool, ask);
        if (done_) break;
        if (!is) close(session_over, "session ended");
      }
      auto wait = std::chrono::duration_cast<steady::duration>(std::chrono::milliseconds{500});
      if (!closing_) {
        auto const left = std::chrono::duration_cast<steady::duration>(who_.who.ends_at - engine_.now());
        wait = std::max(steady::duration{std::chrono::milliseconds{1}}, std::min(wait, left));
      }
      tick_.expires_after(wait);
      co_await tick_.async_wait(as_result);
    }
  }

  engine& engine_;
  websocket::stream<S> ws_;
  api::viewer who_;
  outbox outbox_;
  stream_commands commands_;
  asio::steady_timer poke_;
  asio::steady_timer tick_;
  steady::time_point heard_, next_ping_, next_check_, closing_since_;
  std::optional<steady::time_point> write_since_;
  std::size_t writing_ = 0;
  websocket::close_reason reason_;
  bool closing_ = false;
  bool done_ = false;
};
}  // namespace

std::unique_ptr<stream_session> make_stream(engine& e, plain_stream s, api::viewer v) {
  return std::make_unique<session_on<plain_stream>>(e, std::move(s), std::move(v));
}

std::unique_ptr<stream_session> make_stream(engine& e, tls_stream s, api::viewer v) {
  return std::make_unique<session_on<tls_stream>>(e, std::move(s), std::move(v));
}

}  // namespace ioc::web
