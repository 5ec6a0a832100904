#include "adapters/mqtt/broker_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ioc::mqtt {

namespace {
constexpr std::size_t most_clients = 50'000, most_accounts = 10'000, most_line = 64 * 1024;

// What stands between `before` and `after`; the last `after` when a name could hold it.
std::optional<std::string_view> between(std::string_view text, std::string_view before, std::string_view after, bool last = false) {
  auto const from = text.find(before);
  if (from == std::string_view::npos) return std::nullopt;
  text.remove_prefix(from + before.size());
  auto const to = last ? text.rfind(after) : text.find(after);
  if (to == std::string_view::npos) return std::nullopt;
  return text.substr(0, to);
}

bool server_kind(std::string_view topic) {
  if (!topic.starts_with("ioc/v1/")) return false;
  auto const kind = topic.substr(topic.rfind('/') + 1);
  return kind == "command" || kind == "drill" || kind == "receipt";
}
}  // namespace

void broker_log_reader::remember(std::string client, std::string account) {
  if (auto const at = accounts_.find(client); at != accounts_.end()) {
    order_.erase(at->second.second);
    accounts_.erase(at);
  }
  if (accounts_.size() >= most_clients) {
    accounts_.erase(order_.front());
    order_.pop_front();
  }
  auto const place = order_.insert(order_.end(), client);
  accounts_.emplace(std::move(client), std::pair{std::move(account), place});
}

std::optional<denied_publish> broker_log_reader::take(std::string_view line) {
  // "…: New client connected from 127.0.0.1:4242 as ID (p2, c1, k60, u'USER')."
  if (auto const from = line.find("New client connected from "); from != std::string_view::npos) {
    auto const client = between(line.substr(from), " as ", " (p", true);
    auto const user = between(line.substr(from), ", u'", "')", true);
    if (client && user) remember(std::string(*client), std::string(*user));
    return std::nullopt;
  }
  // "…: Denied PUBLISH from ID (d0, q1, r0, m1, 'TOPIC', ... (5 bytes))"
  auto const from = line.find("Denied PUBLISH from ");
  if (from == std::string_view::npos) return std::nullopt;
  auto const client = between(line.substr(from), "Denied PUBLISH from ", " (d");
  auto const topic = between(line.substr(from), ", '", "', ... (", true);
  if (!client || !topic) return std::nullopt;
  denied_publish out;
  out.client = *client;
  out.topic = *topic;
  if (auto const at = accounts_.find(out.client); at != accounts_.end()) out.account = at->second.first;
  return out;
}

broker_log::broker_log(std::filesystem::path file, std::function<void(denied_publish const&)> on_forged)
    : file_(std::move(file)), on_forged_(std::move(on_forged)) {}

broker_log::~broker_log() { stop(); }

void broker_log::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void broker_log::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void broker_log::run() {
  while (!stopping_) {
    read_on();
    for (int i = 0; i < 5 && !stopping_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  if (fd_ >= 0) ::close(fd_);
}

void broker_log::read_on() {
  char buffer[64 * 1024];
  for (;;) {
    if (fd_ < 0) {
      fd_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
      struct stat s {};
      if (fd_ < 0 || ::fstat(fd_, &s) != 0) {
        std::lock_guard const lock(mutex_);
        trouble_ = "the broker's log " + file_.string() + " cannot be read: " + std::strerror(errno);
        return;
      }
      inode_ = s.st_ino;
      // Connects before our start matter for who is who; a long log is begun at its last 4 MiB.
      offset_ = first_ && s.st_size > (4 << 20) ? s.st_size - (4 << 20) : 0;
      rest_.clear();
      std::lock_guard const lock(mutex_);
      trouble_.clear();
    }
    auto const n = ::pread(fd_, buffer, sizeof buffer, offset_);
    if (n > 0) {
      offset_ += n;
      rest_.append(buffer, static_cast<std::size_t>(n));
      std::size_t begin = 0;
      for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
        if (auto const d = reader_.take(std::string_view(rest_).substr(begin, end - begin)); d && !first_) count(*d);
      rest_.erase(0, begin);
      if (rest_.size() > most_line) rest_.clear();
      if (stopping_) return;
      continue;
    }
    first_ = false;  // all that stood there before is read: from here on it is counted
    struct stat by_name {};
    struct stat own {};
    bool const moved = ::stat(file_.c_str(), &by_name) == 0 && by_name.st_ino != inode_;
    bool const cut = ::fstat(fd_, &own) == 0 && own.st_size < offset_;
    if (!moved && !cut) return;
    ::close(fd_);
    fd_ = -1;
  }
}

void broker_log::count(denied_publish const& d) {
  {
    std::lock_guard const lock(mutex_);
    auto const name = d.account.empty() ? "?" + d.client.substr(0, 64) : d.account;
    if (denied_.size() < most_accounts || denied_.count(name)) ++denied_[name];
    else ++denied_["…"];
  }
  if (on_forged_ && server_kind(d.topic)) on_forged_(d);
}

std::map<std::string, std::uint64_t> broker_log::denied() const {
  std::lock_guard const lock(mutex_);
  return denied_;
}

std::uint64_t broker_log::denied(std::string const& account) const {
  std::lock_guard const lock(mutex_);
  auto const at = denied_.find(account);
  return at == denied_.end() ? 0 : at->second;
}

std::string broker_log::trouble() const {
  std::lock_guard const lock(mutex_);
  return trouble_;
}

}  // namespace ioc::mqtt
