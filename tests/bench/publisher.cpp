// The load of `make bench`: native telemetry, QoS 1, over one plain socket in MQTT 3.1.1, cheap enough not to be what is measured.
//
//   bench_publisher --port N --user U --password-file F --unit 03478 --devices 1000 --messages 300000 [--rate 0] [--window 1000] [--batch 1]
//                  [--values 4|10] [--first-seq 1] [--prefix BENCH-]
//
// --unit A,B,C: device k belongs to unit k mod 3. Device k of n sends in turn, seq rising, ts = now. --rate 0 = as fast as acknowledgements come. --batch B puts B objects into a publish.
// Ends once everything is acknowledged; the last line is JSON: {"sent", "seconds", "cpu_seconds"}. Exit code 1 when the connection broke.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;

void put_u16(std::string& to, std::size_t n) {
  to.push_back(static_cast<char>(n >> 8));
  to.push_back(static_cast<char>(n));
}

void put_text(std::string& to, std::string_view text) {
  put_u16(to, text.size());
  to.append(text);
}

void put_packet(std::string& to, std::uint8_t head, std::string_view body) {
  to.push_back(static_cast<char>(head));
  std::size_t left = body.size();
  do {
    auto const low = static_cast<std::uint8_t>(left & 0x7f);
    left >>= 7;
    to.push_back(static_cast<char>(left ? low | 0x80 : low));
  } while (left);
  to.append(body);
}

// One socket, one thread. `out` holds what the kernel did not take yet; acknowledgements are counted, not remembered: Mosquitto sends
// one for each publish, and a broken connection ends the measurement.
class link {
 public:
  link(int port, std::string const& user, std::string const& password) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    int const yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::string body;
    put_text(body, "MQTT");
    body.push_back(4);
    body.push_back(static_cast<char>(0xc2));  // user, password, clean
    put_u16(body, 600);
    put_text(body, "bench-publisher-" + std::to_string(::getpid()));
    put_text(body, user);
    put_text(body, password);
    put_packet(out, 0x10, body);
    flush();
    unsigned char answer[4];
    if (::recv(fd_, answer, 4, MSG_WAITALL) != 4 || answer[0] != 0x20 || answer[3] != 0) throw std::runtime_error("the broker refuses the connection");
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~link() { ::close(fd_); }
  link(link const&) = delete;
  link& operator=(link const&) = delete;

  std::string out;
  std::uint64_t acknowledged = 0;

  void flush() {
    std::size_t done = 0;
    while (done < out.size()) {
      auto const n = ::send(fd_, out.data() + done, out.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) break;
      if (n < 0) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
      done += static_cast<std::size_t>(n);
    }
    out.erase(0, done);
  }

  void take(int wait_ms) {
    pollfd p{fd_, static_cast<short>(POLLIN | (out.empty() ? 0 : POLLOUT)), 0};
    if (::poll(&p, 1, wait_ms) <= 0) return;
    if (p.revents & POLLOUT) flush();
    if (!(p.revents & (POLLIN | POLLHUP | POLLERR))) return;
    char bytes[65536];
    auto const n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n == 0) throw std::runtime_error("the broker closed the connection");
    if (n < 0) {
      if (errno == EAGAIN) return;
      throw std::runtime_error(std::string("recv: ") + std::strerror(errno));
    }
    in_.append(bytes, static_cast<std::size_t>(n));
    std::size_t at = 0;
    for (; in_.size() - at >= 2 && in_.size() - at >= 2u + static_cast<unsigned char>(in_[at + 1]); at += 2u + static_cast<unsigned char>(in_[at + 1]))
      if (static_cast<unsigned char>(in_[at]) == 0x40) ++acknowledged;
    in_.erase(0, at);
  }

 private:
  int fd_;
  std::string in_;
};

std::size_t put_object(char* to, std::size_t room, std::uint64_t seq, long long ts, bool ten) {
  auto const v = static_cast<double>(seq % 1000);
  if (ten) {
    auto const n = std::snprintf(
        to, room,
        R"({"ts":%lld,"seq":%llu,"values":{"voltage/L1":%.1f,"voltage/L2":%.1f,"voltage/L3":%.1f,"current/L1":%.2f,"current/L2":%.2f,"current/L3":%.2f,)"
        R"("active_power":%.1f,"temperature":%.2f,"relative_humidity":%.1f,"raw_value":%.0f}})",
        ts, static_cast<unsigned long long>(seq), 220 + v / 100, 221 + v / 100, 222 + v / 100, 1 + v / 200, 2 + v / 200, 3 + v / 200, 500 + v / 10, 25 + v / 100, 50 + v / 50, v);
    return static_cast<std::size_t>(n);
  }
  auto const n = std::snprintf(to, room, R"({"ts":%lld,"seq":%llu,"values":{"voltage":%.1f,"current":%.2f,"active_power":%.1f,"temperature":%.2f}})", ts,
                               static_cast<unsigned long long>(seq), 220 + v / 100, 1 + v / 200, 500 + v / 10, 25 + v / 100);
  return static_cast<std::size_t>(n);
}

int run(std::map<std::string, std::string> const& o) {
  auto const number = [&](char const* key, double otherwise) {
    auto const i = o.find(key);
    return i == o.end() ? otherwise : std::stod(i->second);
  };
  std::string password;
  std::getline(std::ifstream(o.at("password-file")) >> std::ws, password);
  auto const devices = static_cast<std::uint64_t>(number("devices", 1000));
  auto const messages = static_cast<std::uint64_t>(number("messages", 300000));
  auto const window = static_cast<std::uint64_t>(number("window", 1000));
  auto const batch = static_cast<std::uint64_t>(number("batch", 1));
  auto const first_seq = static_cast<std::uint64_t>(number("first-seq", 1));
  double const rate = number("rate", 0);
  auto const prefix = o.contains("prefix") ? o.at("prefix") : "BENCH-";
  std::vector<std::string> units;
  for (std::string_view rest = o.at("unit"); !rest.empty(); rest.remove_prefix(std::min(rest.size(), units.back().size() + 1))) units.emplace_back(rest.substr(0, rest.find(',')));
  if (units.empty()) throw std::runtime_error("--unit names no unit");
  std::vector<std::string> heads;  // of each device: its topic as it stands in the packet
  for (std::uint64_t i = 0; i < devices; ++i) {
    char name[64];
    std::snprintf(name, sizeof name, "%s%05llu", prefix.c_str(), static_cast<unsigned long long>(i + 1));
    put_text(heads.emplace_back(), "ioc/v1/" + units[i % units.size()] + "/" + name + "/telemetry");
  }

  link out(static_cast<int>(number("port", 1883)), o.at("user"), password);
  bool const ten = number("values", 4) > 4;
  std::vector<char> text((ten ? 512 : 256) * batch + 16);
  std::string body;
  auto const begin = steady::now();
  for (std::uint64_t n = 0; n < messages || out.acknowledged < messages;) {
    auto until = messages;
    auto const elapsed = std::chrono::duration<double>(steady::now() - begin).count();
    if (rate > 0) until = std::min(messages, static_cast<std::uint64_t>(elapsed * rate) + 1);
    auto const ts = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    for (int k = 0; k < 256 && n < until && n - out.acknowledged < window && out.out.size() < 65536; ++k, ++n) {
      std::size_t size = 0;
      auto const turn = n / devices;
      if (batch > 1) text[size++] = '[';
      for (std::uint64_t b = 0; b < batch; ++b) {
        if (b) text[size++] = ',';
        size += put_object(text.data() + size, text.size() - size, first_seq + turn * batch + b, ts - static_cast<long long>(batch - 1 - b), ten);
      }
      if (batch > 1) text[size++] = ']';
      body = heads[n % devices];
      put_u16(body, n % 65535 + 1);
      body.append(text.data(), size);
      put_packet(out.out, 0x32, body);
    }
    out.flush();
    bool const may_send = n < until && n - out.acknowledged < window;
    out.take(may_send ? 0 : rate > 0 ? 1 : 1000);
  }
  auto const seconds = std::chrono::duration<double>(steady::now() - begin).count();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto const of = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  std::printf("{\"sent\": %llu, \"seconds\": %.3f, \"cpu_seconds\": %.3f}\n", static_cast<unsigned long long>(messages), seconds,
              of(used.ru_utime) + of(used.ru_stime));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  std::map<std::string, std::string> o;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view const key = argv[i];
    if (!key.starts_with("--")) throw std::runtime_error("unknown argument " + std::string(key));
    o[std::string(key.substr(2))] = argv[i + 1];
  }
  for (auto const* key : {"port", "user", "password-file", "unit"})
    if (!o.contains(key)) throw std::runtime_error(std::string("--") + key + " is missing");
  return run(o);
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_publisher: %s\n", e.what());
  return 1;
}
