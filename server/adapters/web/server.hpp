#pragma once
#include "adapters/web/backend.hpp"
#include "adapters/web/hub.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ioc::web {

// Everything the web adapter is told. Times that only tests shorten keep their defaults.
struct options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 = a free one, see server::port()
  std::string certificate;    // PEM files; both or none
  std::string key;
  bool allow_plain_outside = false;
  std::string dashboard_dir;  // empty = no pages
  std::string geo_dir;        // empty = no maps; {unit}.geojson answers GET /api/v1/geo/{unit}
  std::vector<std::string> public_origins;  // beside the Host that was asked, e.g. "https://ioc.example" behind a TLS proxy
  std::size_t max_connections = 2000;
  std::chrono::seconds session_length{12 * 3600};
  std::chrono::seconds lock_length{15 * 60};
  std::chrono::milliseconds header_timeout{15'000};  // a whole request head, or an idle keep-alive connection
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds ping_every{15'000};
  std::chrono::milliseconds stop_within{3'000};
  std::size_t stream_bytes = 1u << 20;  // waiting for one slow reader; beyond it the stream closes with 1013
  std::function<core::time_point()> clock;  // empty = the system's
};

// The HTTP and WebSocket server. One I/O thread owns every socket; the backend is called on a pool of four threads, and
// log-ins (Argon2id) on another of two. `start` throws std::runtime_error with one sentence: a taken port, a certificate
// that cannot be read, a plain listener outside loopback. Backend and hub must outlive it.
class server {
 public:
  server(options o, backend& b, hub& h);
  ~server();
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  void start();
  std::uint16_t port() const;
  // Stops accepting, lets running requests finish (`stop_within`), closes streams with 1001, joins all threads.
  void stop();
  // Prometheus text of the adapter itself (connections, streams, requests), for /metrics and for logs.
  std::string metrics() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ioc::web
