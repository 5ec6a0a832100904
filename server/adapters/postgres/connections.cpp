#include "adapters/postgres/connections.hpp"

#include <sys/socket.h>

namespace ioc::postgres {

using namespace std::chrono_literals;

std::shared_ptr<pool> open_pool(options o, std::size_t connections) { return std::make_shared<pool>(std::move(o), connections); }

pool::pool(options o, std::size_t connections)
    : options_(std::move(o)), place_(place_of(options_)), room_(connections), watchdog_([this] { watch(); }) {}

pool::~pool() {
  {
    std::lock_guard const hold(guard_);
    stopping_ = true;
    changed_.notify_all();
  }
  watchdog_.join();
}

std::string pool::lost(std::string const& why) const {
  return "the database " + place_ + " did not answer: " + why.substr(0, why.find('\n'));
}

std::unique_ptr<pqxx::connection> pool::open() {
  try {
    auto fresh = std::make_unique<pqxx::connection>(connection_text(options_, "iocd queries"));
    fresh->set_variable("statement_timeout", std::to_string(options_.query_limit.count()));
    return fresh;
  } catch (std::exception const& e) {
    // Whatever it is (a changed password, a lost file): to the caller the database is not there now.
    bool const from_server = dynamic_cast<pqxx::failure const*>(&e) != nullptr;
    std::string const sentence = from_server ? explain(e.what(), options_).sentence : std::string(e.what());
    std::lock_guard const hold(guard_);
    down_until_ = clock::now() + 1s;
    down_why_ = sentence;
    throw unavailable(sentence);
  }
}

pool::lease::lease(pool& p) : owner(p) {
  std::unique_lock hold(p.guard_);
  if (!p.freed_.wait_for(hold, 2s, [&] { return p.room_ > 0 || !p.idle_.empty(); }))
    throw unavailable("all connections to the database " + p.place_ + " are busy");
  if (!p.idle_.empty()) {
    connection = std::move(p.idle_.back());
    p.idle_.pop_back();
    reused = true;
  } else {
    if (clock::now() < p.down_until_) throw unavailable(p.down_why_);
    --p.room_;
    hold.unlock();
    try {
      connection = p.open();
    } catch (...) {
      hold.lock();
      ++p.room_;
      p.freed_.notify_one();
      throw;
    }
    hold.lock();
  }
  socket = connection->sock();
  // A little beyond statement_timeout, which is the gentler end and keeps the connection.
  p.busy_.emplace(clock::now() + p.options_.query_limit + 1s, socket);
  p.changed_.notify_one();
}

pool::lease::~lease() {
  std::unique_lock hold(owner.guard_);
  for (auto it = owner.busy_.begin(); it != owner.busy_.end(); ++it)
    if (it->second == socket) {
      owner.busy_.erase(it);
      break;
    }
  if (good && connection->is_open()) {
    owner.idle_.push_back(std::move(connection));
  } else {
    ++owner.room_;
    hold.unlock();
    connection.reset();  // may talk to the server: not under the lock
    hold.lock();
  }
  owner.freed_.notify_one();
}

void pool::watch() {
  std::unique_lock hold(guard_);
  while (!stopping_) {
    if (busy_.empty()) {
      changed_.wait(hold);
      continue;
    }
    auto const first = busy_.begin()->first;
    if (clock::now() < first) {
      changed_.wait_until(hold, first);
      continue;
    }
    // Only shut down, never closed here: the number stays the caller's until it has let go under this lock.
    ::shutdown(busy_.begin()->second, SHUT_RDWR);
    busy_.erase(busy_.begin());
  }
}

}  // namespace ioc::postgres
