#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace ioc::postgres::test {

// A wire between writer and server that a test can cut at a chosen moment: once `cut_at` appears in what the client
// sends, that is still forwarded, `before_cut` runs, and both sides are closed without the server's answer. Cuts once.
class proxy {
 public:
  proxy(int server_port, std::string cut_at, std::function<void()> before_cut);
  ~proxy();
  int port() const { return port_; }
  bool has_cut() const { return cut_; }
  void arm() { armed_ = true; }

 private:
  void serve(int client);
  int const server_port_;
  std::string const cut_at_;
  std::function<void()> const before_cut_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> armed_{false}, cut_{false}, stopping_{false};
  std::vector<std::thread> sessions_;
  std::thread accepter_;
};

}  // namespace ioc::postgres::test
