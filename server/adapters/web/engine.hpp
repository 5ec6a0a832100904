#pragma once
// Private to this folder: includes Asio or Beast.
#include "adapters/web/api.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <set>

// Only for the .cpp files of this folder that speak Asio.
namespace ioc::web {

namespace asio = boost::asio;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// An open stream, as the server sees it. All calls on the I/O thread.
class open_stream {
 public:
  virtual ~open_stream() = default;
  virtual void changed(std::vector<change> const& all) = 0;
  virtual void close(std::uint16_t code, char const* reason) = 0;
  virtual std::string const& session_hash() const = 0;
};

// An open connection, owned by the server until its coroutine has ended. All calls on the I/O thread.
class open_connection {
 public:
  virtual ~open_connection() = default;
  virtual asio::awaitable<void> run() = 0;
  virtual void stop() = 0;   // finish what is running, then end
  virtual void abort() = 0;  // end now
};

// What every connection shares. `streams` and `stopping` belong to the I/O thread; the rest is thread-safe.
struct engine {
  engine(options o, backend& b, hub& h, std::function<core::time_point()> clock)
      : settings(std::move(o)), live(h), now(std::move(clock)), calls(settings, b, h, counted, now) {}
  options settings;
  hub& live;
  std::function<core::time_point()> now;
  counters counted;
  api calls;
  asio::thread_pool pool{4};
  asio::thread_pool logins{2};  // Argon2id: two at a time, 64 MiB each
  std::atomic<int> logins_waiting{0};
  std::set<open_stream*> streams;
  bool stopping = false;
};

// Runs `work` on a pool and comes back to the coroutine's own executor with its value. `work` must not throw.
template <class F>
asio::awaitable<std::invoke_result_t<F&>> on_pool(asio::thread_pool& pool, F work) {
  using value = std::invoke_result_t<F&>;
  auto const home = co_await asio::this_coro::executor;
  // `work` lives in this coroutine's frame, which waits: a reference to it is safe.
  auto start = [&pool, &work, home](auto handler) {
    asio::post(pool, [&work, home, h = std::move(handler)]() mutable {
      auto v = std::make_unique<value>(work());
      asio::post(home, [h = std::move(h), v = std::move(v)]() mutable { std::move(h)(std::move(*v)); });
    });
  };
  auto token = asio::use_awaitable;
  co_return co_await asio::async_initiate<asio::use_awaitable_t<>, void(value)>(start, token);
}

}  // namespace ioc::web
