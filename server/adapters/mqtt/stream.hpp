#pragma once
#include "adapters/mqtt/client.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace ioc::mqtt {

// What one read or write of a stream came to. again: nothing now, poll first. over: the other side closed, or the connection broke.
enum class io : std::uint8_t { some, again, over };

// A TCP connection to the broker, plain or TLS, non-blocking once open. Used by one thread at a time. `why` says how it ended.
class stream {
 public:
  // Throws std::runtime_error with the reason; gives up when `stopping` becomes true, or after the options' connect_timeout.
  static std::unique_ptr<stream> open(options const& o, std::atomic<bool> const& stopping);
  ~stream();
  stream(stream const&) = delete;
  stream& operator=(stream const&) = delete;

  int fd() const { return fd_; }
  io read(char* to, std::size_t room, std::size_t& n);
  io write(char const* from, std::size_t size, std::size_t& n);
  bool wants_write() const { return wants_write_; }  // TLS: what again waits for
  std::string const& why() const { return why_; }

 private:
  struct tls;
  explicit stream(int fd);
  void secure(options const& o, std::atomic<bool> const& stopping);
  int fd_;
  bool wants_write_ = false;
  std::string why_;
  std::unique_ptr<tls> tls_;
};

}  // namespace ioc::mqtt
