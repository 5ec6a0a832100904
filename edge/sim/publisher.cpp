#include "sim/publisher.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ioc::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_under_way = 1'000;
constexpr std::chrono::milliseconds wait_for_answer = 5s, ping_every = 10s, silent_for = 25s, retry_every = 300ms;

std::string text(std::string_view s) {
  std::string out{static_cast<char>(s.size() >> 8), static_cast<char>(s.size() & 0xff)};
  return out.append(s);
}

std::string packet(std::uint8_t first, std::string_view body) {
  std::string out(1, static_cast<char>(first));
  auto n = body.size();
  do {
    out.push_back(static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0)));
    n >>= 7;
  } while (n > 0);
  return out.append(body);
}

// One packet at the front of `buffer`: its first byte and body, and how many bytes it has; 0 = more are needed.
std::size_t first_packet(std::string_view buffer, std::uint8_t& first, std::string_view& body) {
  std::size_t length = 0, at = 1;
  for (int shift = 0;; ++at, shift += 7) {
    if (at >= buffer.size() || shift > 21) return 0;
    auto const byte = static_cast<std::uint8_t>(buffer[at]);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  ++at;
  if (buffer.size() < at + length) return 0;
  first = static_cast<std::uint8_t>(buffer[0]);
  body = buffer.substr(at, length);
  return at + length;
}

}  // namespace

publisher::publisher(broker_address where, std::string client_id, acknowledged on_ack)
    : where_(std::move(where)), client_id_(std::move(client_id)), on_ack_(std::move(on_ack)) {}

publisher::~publisher() { lose(); }

void publisher::connect() {
  if (auto const why = open_connection(); !why.empty())
    throw std::runtime_error("no connection to the broker " + where_.host + ":" + std::to_string(where_.port) + " as \"" + where_.user + "\": " + why);
}

std::string publisher::open_connection() {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (auto const bad = ::getaddrinfo(where_.host.c_str(), std::to_string(where_.port).c_str(), &hints, &found)) return ::gai_strerror(bad);
  std::string why = "no address";
  for (auto const* a = found; a && fd_ < 0; a = a->ai_next) {
    int const fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    timeval const limit{5, 0};
    int const yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // of connect() too
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (fd >= 0 && ::connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
      fd_ = fd;
    } else {
      why = std::strerror(errno);
      if (fd >= 0) ::close(fd);
    }
  }
  ::freeaddrinfo(found);
  if (fd_ < 0) return why;
  std::string body = text("MQTT");
  body += '\x04';
  body += where_.user.empty() ? '\x02' : '\xc2';  // clean session, user and password
  body += std::string{'\0', '\x1e'} + text(client_id_);
  if (!where_.user.empty()) body += text(where_.user) + text(where_.password);
  out_ = packet(0x10, body);
  in_.clear();
  auto const until = clock::now() + wait_for_answer;
  std::uint8_t first = 0;
  std::string_view answer;
  why = "no answer";
  while (clock::now() < until) {
    if (!flush()) break;
    pollfd p{fd_, POLLIN, 0};
    ::poll(&p, 1, 100);
    if (!read()) {
      why = "it closed the connection";
      break;
    }
    auto const size = first_packet(in_, first, answer);
    if (size == 0) continue;
    if (first != 0x20 || answer.size() < 2 || answer[1] != 0) {
      why = answer.size() >= 2 && (answer[1] == 4 || answer[1] == 5) ? "wrong user or password" : "it refuses the connection";
      break;
    }
    in_.erase(0, size);
    ++connects_;
    heard_ = pinged_ = clock::now();
    return "";
  }
  lose();
  return why;
}

// What was under way goes out again first, in its order.
void publisher::lose() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  out_.clear();
  in_.clear();
  for (; !under_way_.empty(); under_way_.pop_back()) {
    under_way_.back().again = true;
    waiting_.push_front(std::move(under_way_.back()));
  }
  retry_at_ = clock::now() + retry_every;
}

void publisher::publish(std::string topic, std::string payload, std::uint64_t mark) { waiting_.push_back({std::move(topic), std::move(payload), mark, 0, false}); }

void publisher::fill() {
  while (!waiting_.empty() && under_way_.size() < most_under_way && out_.size() < 65'536) {
    auto r = std::move(waiting_.front());
    waiting_.pop_front();
    r.id = next_id_;
    next_id_ = next_id_ == 65'535 ? std::uint16_t{1} : static_cast<std::uint16_t>(next_id_ + 1);
    out_ += packet(static_cast<std::uint8_t>(r.again ? 0x3a : 0x32), text(r.topic) + std::string{static_cast<char>(r.id >> 8), static_cast<char>(r.id & 0xff)} + r.payload);
    under_way_.push_back(std::move(r));
  }
}

bool publisher::flush() {
  while (!out_.empty()) {
    auto const n = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
    if (n <= 0) return false;
    out_.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

bool publisher::read() {
  char bytes[16'384];
  for (;;) {
    auto const n = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
    if (n <= 0) return false;
    in_.append(bytes, static_cast<std::size_t>(n));
    heard_ = clock::now();
  }
}

void publisher::take(std::uint8_t first, std::string_view body) {
  if (first >> 4 != 4 || body.size() < 2) return;  // only PUBACK says something
  auto const id = static_cast<std::uint16_t>(static_cast<std::uint8_t>(body[0]) << 8 | static_cast<std::uint8_t>(body[1]));
  auto const at = std::find_if(under_way_.begin(), under_way_.end(), [&](auto const& r) { return r.id == id; });
  if (at == under_way_.end()) return;
  auto const mark = at->mark;
  under_way_.erase(at);
  on_ack_(mark);
}

void publisher::work(std::chrono::milliseconds at_most) {
  auto const until = clock::now() + at_most;
  do {
    auto const now = clock::now();
    if (fd_ < 0 && (now < retry_at_ || !open_connection().empty())) {
      ::poll(nullptr, 0, static_cast<int>(std::max<std::int64_t>(1, std::min<std::int64_t>(at_most.count(), 50))));
      continue;
    }
    fill();
    if (now - pinged_ > ping_every) {
      out_ += packet(0xc0, "");
      pinged_ = now;
    }
    if (!flush() || now - heard_ > silent_for) {
      lose();
      continue;
    }
    pollfd p{fd_, static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), 0};
    ::poll(&p, 1, static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count())));
    bool const alive = read();
    std::uint8_t first = 0;
    std::string_view body;
    std::size_t taken = 0;
    while (auto const size = first_packet(std::string_view{in_}.substr(taken), first, body)) {
      take(first, body);
      taken += size;
    }
    in_.erase(0, taken);
    if (!alive) lose();
  } while (clock::now() < until);
}

void publisher::close() {
  if (fd_ < 0) return;
  out_ += packet(0xe0, "");
  flush();
  lose();
}

}  // namespace ioc::sim
