#include "app/start_checks.hpp"

#include "adapters/postgres/link.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace ioc::app {

// The file has been read and checked before; here only the line is looked up again.
std::string place_of(config::server_settings const& s, std::string const& section, std::string const& key) {
  std::ifstream in{s.path};
  std::string line;
  int n = 0, of_section = 0;
  bool inside = false;
  while (std::getline(in, line)) {
    ++n;
    auto const first = line.find_first_not_of(' ');
    if (first == std::string::npos || line[first] == '#') continue;
    if (first == 0) {
      inside = line.starts_with(section + ":");
      if (inside) of_section = n;
    }
    if (inside && line.find(key + ":") != std::string::npos) return s.path + ":" + std::to_string(n) + ": " + section + "." + key;
  }
  return s.path + ":" + std::to_string(of_section) + ": " + section + "." + key;
}

void check_port(config::server_settings const& s) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(s.http.address.c_str(), std::to_string(s.http.port).c_str(), &hints, &found) != 0)
    throw std::runtime_error(place_of(s, "http", "address") + ": \"" + s.http.address + "\" is no address of a network interface; write one such as 127.0.0.1");
  int const fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int const yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);  // as the server itself will
  int const failed = bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1) != 0 ? errno : 0;
  freeaddrinfo(found);
  close(fd);
  if (failed == EADDRINUSE)
    throw port_taken(place_of(s, "http", "port") + ": port " + std::to_string(s.http.port) + " of " + s.http.address +
                             " is taken by another program; stop it (ss -ltnp shows which), or write another port");
  if (failed) throw std::runtime_error(place_of(s, "http", "port") + ": cannot listen on " + s.http.address + ":" + std::to_string(s.http.port) + ": " +
                                       std::strerror(failed) + "; write a port above 1023 and an address of this machine");
}

std::string web_fault(config::server_settings const& s, std::string sentence) {
  for (std::string const key : {"address", "port", "certificate", "key", "allow_plain_outside"})
    if (auto const at = sentence.find("web." + key); at != std::string::npos) {
      sentence.replace(at, 3, "http");
      return place_of(s, "http", key) + ": " + sentence;
    }
  return s.path + ": http: " + sentence;
}

namespace {

[[noreturn]] void database_fault(config::server_settings const& s, std::string const& why) {
  bool const password = why.find("password") != std::string::npos;
  throw std::runtime_error(place_of(s, "postgres", password ? "password_file" : "url") + ": " + why);
}

}  // namespace

void check_database(config::server_settings const& s, postgres::options const& o) {
  try {
    postgres::link{o, "iocd --check"};
  } catch (std::exception const& e) {
    database_fault(s, e.what());
  }
}

postgres::start_state start_writer(config::server_settings const& s, postgres::writer& w) {
  try {
    return w.start();
  } catch (std::exception const& e) {
    database_fault(s, e.what());
  }
}

}  // namespace ioc::app
