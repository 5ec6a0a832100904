#include "adapters/postgres/tests/proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace ioc::postgres::test {

namespace {
sockaddr_in local(int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  return a;
}
bool forward(int to, char const* data, ssize_t n) { return ::send(to, data, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n; }
}  // namespace

proxy::proxy(int server_port, std::string cut_at, std::function<void()> before_cut)
    : server_port_(server_port), cut_at_(std::move(cut_at)), before_cut_(std::move(before_cut)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto a = local(0);
  socklen_t n = sizeof a;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&a), n) != 0 || ::listen(listener_, 8) != 0) throw std::runtime_error("proxy: no port");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&a), &n);
  port_ = ntohs(a.sin_port);
  accepter_ = std::thread([this] {
    for (int client; !stopping_ && (client = ::accept(listener_, nullptr, nullptr)) >= 0;) sessions_.emplace_back([this, client] { serve(client); });
  });
}

proxy::~proxy() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  accepter_.join();
  for (auto& s : sessions_) s.join();
  ::close(listener_);
}

void proxy::serve(int client) {
  int const server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto const a = local(server_port_);
  if (::connect(server, reinterpret_cast<sockaddr const*>(&a), sizeof a) == 0) {
    char data[65536];
    while (!stopping_) {
      pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(both, 2, 50) < 0) break;
      if (both[0].revents) {
        auto const n = ::recv(client, data, sizeof data, 0);
        if (n <= 0 || !forward(server, data, n)) break;
        if (armed_ && !cut_ && std::string_view(data, static_cast<std::size_t>(n)).find(cut_at_) != std::string_view::npos) {
          before_cut_();
          cut_ = true;
          break;
        }
      }
      if (both[1].revents) {
        auto const n = ::recv(server, data, sizeof data, 0);
        if (n <= 0 || !forward(client, data, n)) break;
      }
    }
  }
  ::close(server);
  ::close(client);
}

}  // namespace ioc::postgres::test
