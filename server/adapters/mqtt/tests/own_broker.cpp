#include "adapters/mqtt/tests/own_broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ioc::mqtt::test {
namespace {

int local_socket(int port, bool connecting) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  auto* const to = reinterpret_cast<sockaddr*>(&a);
  int const rc = connecting ? ::connect(fd, to, sizeof a) : ::bind(fd, to, sizeof a);
  socklen_t size = sizeof a;
  ::getsockname(fd, to, &size);
  ::close(fd);
  if (rc != 0) return -1;
  return ntohs(a.sin_port);
}

void must(std::string const& command) {
  if (std::system(("(" + command + ") >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace

own_broker::own_broker(bool persistent, bool tls, std::string const& more_settings) : tls_(tls) {
  std::string name = (std::filesystem::temp_directory_path() / "ioc-mqtt-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch directory");
  dir_ = name;
  port_ = local_socket(0, false);
  auto const at = dir_.string();
  must("mosquitto_passwd -c -b " + at + "/passwords tester secret");
  std::ofstream(dir_ / "acl") << "user tester\ntopic readwrite #\ntopic read $SYS/#\ntopic deny denied/#\n";
  std::ofstream conf(dir_ / "conf");
  conf << "user " << (::getuid() == 0 ? "root" : "") << "\nallow_anonymous false\npassword_file " << at << "/passwords\nacl_file " << at << "/acl\nlistener " << port_
       << " 127.0.0.1\npid_file " << at << "/pid\nlog_dest file " << at << "/log\nmax_inflight_messages 2000\nmax_queued_messages 1000000\n"
       << "persistence " << (persistent ? "true" : "false") << "\npersistence_location " << at << "/\nautosave_interval 3600\n";
  if (tls) {
    must("cd " + at + " && for ca in ca other; do openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$ca -keyout $ca.key -out $ca.pem; done"
         " && openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout server.key -out server.csr"
         " && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days 2 -out server.pem");
    conf << "certfile " << at << "/server.pem\nkeyfile " << at << "/server.key\n";
  }
  conf << more_settings;
  conf.close();
  start();
}

own_broker::~own_broker() {
  end(SIGTERM);
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void own_broker::start() {
  if (pid_ > 0) return;
  pid_ = ::fork();
  if (pid_ == 0) {
    auto const conf = (dir_ / "conf").string();
    if (auto* const quiet = std::freopen("/dev/null", "w", stderr); quiet == nullptr) ::_exit(126);  // "should not be run as root"
    ::execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf.c_str(), nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 500; ++i) {
    if (local_socket(port_, true) >= 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  throw std::runtime_error("mosquitto did not start; see its log in " + dir_.string());
}

void own_broker::signal(int number) const { ::kill(pid_, number); }

void own_broker::end(int number) {
  if (pid_ <= 0) return;
  ::kill(pid_, number);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::filesystem::file_time_type own_broker::saved_at() const {
  std::error_code error;
  auto const t = std::filesystem::last_write_time(dir_ / "mosquitto.db", error);
  return error ? std::filesystem::file_time_type::min() : t;
}

bool own_broker::wait_saved_after(std::filesystem::file_time_type since) const {
  return eventually([&] { return saved_at() > since; });
}

options own_broker::as(std::string client_id, std::vector<std::string> filters) const {
  options o;
  o.port = static_cast<std::uint16_t>(port_);
  o.client_id = std::move(client_id);
  o.user = "tester";
  o.password = "secret";
  o.filters = std::move(filters);
  if (tls_) o.ca_file = dir_ / "ca.pem";
  return o;
}

std::string own_broker::account() const {
  return " -h 127.0.0.1 -p " + std::to_string(port_) + " -u tester -P secret -V mqttv5 " + (tls_ ? "--cafile " + (dir_ / "ca.pem").string() + " " : "");
}

int own_broker::pub(std::string const& arguments, std::string const& input) const {
  FILE* p = ::popen(("mosquitto_pub" + account() + arguments).c_str(), "w");
  if (p == nullptr) return -1;
  std::fwrite(input.data(), 1, input.size(), p);
  return ::pclose(p);
}

std::string own_broker::sub(std::string const& arguments) const {
  FILE* p = ::popen(("mosquitto_sub" + account() + arguments + " 2>/dev/null").c_str(), "r");
  if (p == nullptr) return "popen failed";
  std::string all;
  char part[4096];
  for (std::size_t n; (n = std::fread(part, 1, sizeof part, p)) > 0;) all.append(part, n);
  ::pclose(p);
  return all;
}

mqtt::sink collector::sink() {
  return [this](incoming const& m) {
    auto const t = answer(m);
    if (t == taken::refused) return t;
    std::lock_guard held(mutex_);
    payloads_.emplace_back(m.payload);
    retained_.push_back(m.retain);
    return t;
  };
}

std::vector<std::string> collector::payloads() const {
  std::lock_guard held(mutex_);
  return payloads_;
}

std::vector<bool> collector::retained() const {
  std::lock_guard held(mutex_);
  return retained_;
}

std::size_t collector::count() const {
  std::lock_guard held(mutex_);
  return payloads_.size();
}

bool eventually(std::function<bool()> const& it, std::chrono::milliseconds at_most) {
  auto const deadline = std::chrono::steady_clock::now() + at_most;
  while (!it()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

}  // namespace ioc::mqtt::test
