#include "adapters/web/server.hpp"

#include "adapters/web/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <future>
#include <map>
#include <stdexcept>
#include <thread>

namespace ioc::web {

namespace {
// Changes that come within this time go out in one frame, as many frames a second as a screen can draw; an alert waits no longer.
constexpr std::chrono::milliseconds drain_every{15};

std::function<core::time_point()> clock_of(options const& o) {
  if (o.clock) return o.clock;
  return [] { return std::chrono::time_point_cast<core::duration>(std::chrono::system_clock::now()); };
}
}  // namespace

// Lives between construction and destruction of the server; all but `start` and `stop` runs on `thread_`.
struct server::state {
  state(options const& o, backend& b, hub& h) : shared(o, b, h, clock_of(o)), acceptor(io), drain_timer(io), stop_timer(io) {}

  engine shared;
  asio::io_context io{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::optional<asio::ssl::context> tls;
  asio::ip::tcp::acceptor acceptor;
  asio::steady_timer drain_timer;
  asio::steady_timer stop_timer;
  std::chrono::steady_clock::time_point last_drain{};
  bool drain_due = false;
  std::map<open_connection*, std::unique_ptr<open_connection>> connections;
  bool accepting = false;
  std::promise<void> all_gone;
  bool said_gone = false;
  std::thread thread;
  std::uint16_t port = 0;
  bool running = false;

  void load_tls() {
    auto const& o = shared.settings;
    if (o.certificate.empty() != o.key.empty())
      throw std::runtime_error("web.certificate and web.key belong together: give both files, or neither");
    if (o.certificate.empty()) return;
    tls.emplace(asio::ssl::context::tls_server);
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                     asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    boost::system::error_code ec;
    tls->use_certificate_chain_file(o.certificate, ec);
    if (ec) throw std::runtime_error("web.certificate '" + o.certificate + "' cannot be used: " + ec.message());
    tls->use_private_key_file(o.key, asio::ssl::context::pem, ec);
    if (ec) throw std::runtime_error("web.key '" + o.key + "' cannot be used with the certificate: " + ec.message());
  }

  void listen() {
    auto const& o = shared.settings;
    boost::system::error_code ec;
    auto const address = asio::ip::make_address(o.address == "localhost" ? "127.0.0.1" : o.address, ec);
    if (ec) throw std::runtime_error("web.address '" + o.address + "' is no IP address");
    if (!address.is_loopback() && !tls && !o.allow_plain_outside)
      throw std::runtime_error("web.address '" + o.address + "' is reachable from outside and passwords would travel in the clear: set web.certificate and web.key, or web.allow_plain_outside to true");
    asio::ip::tcp::endpoint const at(address, o.port);
    acceptor.open(at.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(at, ec);
    if (!ec) acceptor.listen(1024, ec);
    if (ec == asio::error::address_in_use)
      throw std::runtime_error("web.port " + std::to_string(o.port) + " on " + o.address + " is taken by another program: stop it or choose another port");
    if (ec) throw std::runtime_error("cannot listen on web.address '" + o.address + "', web.port " + std::to_string(o.port) + ": " + ec.message());
    port = acceptor.local_endpoint().port();
  }

  asio::awaitable<void> accept() {
    while (!shared.stopping) {
      asio::ip::tcp::socket s(io);
      auto const [ec] = co_await acceptor.async_accept(s, as_result);
      if (shared.stopping) break;
      if (ec) {
        // Out of descriptors, most likely: a pause lets some close.
        asio::steady_timer pause(io, std::chrono::milliseconds{100});
        co_await pause.async_wait(as_result);
        continue;
      }
      ++shared.counted.connections;
      if (connections.size() >= shared.settings.max_connections) {
        ++shared.counted.connections_refused;
        continue;
      }
      take(std::move(s));
    }
  }

  void take(asio::ip::tcp::socket s) {
    auto made = make_connection(shared, std::move(s), tls ? &*tls : nullptr);
    auto* const c = made.get();
    connections.emplace(c, std::move(made));
    ++shared.counted.connections_open;
    asio::co_spawn(io, [c] { return c->run(); }, [this, c](std::exception_ptr failed) {
      report(failed, "a connection");
      connections.erase(c);
      --shared.counted.connections_open;
      maybe_gone();
    });
  }

  static void report(std::exception_ptr failed, char const* what) {
    if (!failed) return;
    try {
      std::rethrow_exception(failed);
    } catch (std::exception const& e) {
      spdlog::error("web: {} ended with: {}", what, e.what());
    }
  }

  void maybe_gone() {
    if (!shared.stopping || accepting || !connections.empty() || said_gone) return;
    said_gone = true;
    stop_timer.cancel();
    all_gone.set_value();
  }

  // The hub has something for the streams. It says so once until it is emptied.
  void woken() {
    if (drain_due || shared.stopping) return;
    drain_due = true;
    drain_timer.expires_at(last_drain + drain_every);
    drain_timer.async_wait([this](boost::system::error_code ec) {
      drain_due = false;
      if (ec) return;
      last_drain = std::chrono::steady_clock::now();
      auto const changes = shared.live.take();
      for (auto* s : shared.streams) s->changed(changes);
    });
  }

  void start() {
    load_tls();
    listen();
    work.emplace(io.get_executor());
    accepting = true;
    asio::co_spawn(io, [this] { return accept(); }, [this](std::exception_ptr failed) {
      report(failed, "the listener");
      accepting = false;
      maybe_gone();
    });
    shared.calls.sessions().on_end = [this](std::string const& hash) {
      asio::post(io, [this, hash] {
        for (auto* s : shared.streams)
          if (s->session_hash() == hash) s->close(1008, "session ended");
      });
    };
    shared.live.attach([this] { asio::post(io, [this] { woken(); }); });
    thread = std::thread([this] { io.run(); });
    running = true;
  }

  void stop() {
    if (!running) return;
    running = false;
    shared.live.attach(nullptr);
    asio::post(io, [this] {
      shared.stopping = true;
      boost::system::error_code ignored;
      acceptor.close(ignored);
      drain_timer.cancel();
      // stop() only asks; a connection is erased when its coroutine has ended, never here.
      for (auto& [c, owned] : connections) c->stop();
      stop_timer.expires_after(shared.settings.stop_within);
      stop_timer.async_wait([this](boost::system::error_code ec) {
        if (ec) return;
        for (auto& [c, owned] : connections) c->abort();
      });
      maybe_gone();
    });
    all_gone.get_future().wait();
    work.reset();
    thread.join();
    shared.pool.join();
    shared.logins.join();
  }
};

server::server(options o, backend& b, hub& h) : state_(std::make_unique<state>(std::move(o), b, h)) {}
server::~server() { state_->stop(); }
void server::start() { state_->start(); }
std::uint16_t server::port() const { return state_->port; }
void server::stop() { state_->stop(); }
std::string server::metrics() const { return own_metrics(state_->shared.counted, state_->shared.live); }

}  // namespace ioc::web
