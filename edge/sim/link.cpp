#include "sim/link.hpp"

#include <mqtt/async_client.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace ioc::sim {
using clock = std::chrono::steady_clock;

// Everything that Paho's threads touch is guarded by `guard`; no call into Paho is made with it held.
struct broker_link::inner : virtual mqtt::callback, mqtt::iaction_listener {
  struct waiting {
    message m;
    std::uint64_t mark = 0;
    clock::time_point sent;
  };

  inner(broker_address w, std::string const& id, acknowledged a)
      : where(std::move(w)),
        on_ack(std::move(a)),
        client("tcp://" + where.host + ":" + std::to_string(where.port), id, mqtt::create_options(MQTTVERSION_5, 50'000), nullptr) {}

  broker_address where;
  acknowledged on_ack;
  mqtt::async_client client;
  std::vector<std::string> filters;  // the calling thread's

  mutable std::mutex guard;
  std::condition_variable changed;
  std::map<std::uint64_t, waiting> open;  // by our own number; leaves when the broker has acknowledged
  std::deque<incoming> inbox;
  std::uint64_t next = 1;
  std::uint64_t total = 0;
  std::uint64_t again = 0;
  bool resubscribe = false;
  bool was_lost = false;
  std::atomic<bool> up{false};

  void connected(std::string const&) override {
    std::lock_guard lock(guard);
    if (was_lost) ++again;
    resubscribe = true;
    up = true;
    changed.notify_all();
  }
  void connection_lost(std::string const&) override {
    std::lock_guard lock(guard);
    was_lost = true;
    up = false;
    changed.notify_all();
  }
  void message_arrived(mqtt::const_message_ptr m) override {
    std::lock_guard lock(guard);
    if (inbox.size() < 10'000) inbox.push_back({m->get_topic(), m->to_string()});
    changed.notify_all();
  }

  // Paho's own numbers come back after a reconnect, so a publish carries ours as its user context.
  void on_success(mqtt::token const& t) override {
    auto const number = reinterpret_cast<std::uintptr_t>(t.get_user_context());
    std::uint64_t mark = 0;
    {
      std::lock_guard lock(guard);
      auto const it = open.find(number);
      if (it == open.end()) return;  // a message that was sent twice is acknowledged twice
      mark = it->second.mark;
      open.erase(it);
      changed.notify_all();
    }
    if (on_ack) on_ack(mark);
  }
  void on_failure(mqtt::token const&) override {}  // it stays open: resend() takes it up

  void send(std::uint64_t number, message const& m) {
    try {
      client.publish(mqtt::make_message(m.topic, m.payload, 1, m.retain), reinterpret_cast<void*>(static_cast<std::uintptr_t>(number)), *this);
    } catch (mqtt::exception const&) {
      // Not connected, or Paho's buffer is full: resend() takes it up.
    }
  }
};

broker_link::broker_link(broker_address where, std::string client_id, acknowledged on_ack)
    : in_(std::make_unique<inner>(std::move(where), client_id, std::move(on_ack))) {}

broker_link::~broker_link() {
  try {
    close();
  } catch (...) {  // a broker that is gone cannot be said goodbye to
  }
}

void broker_link::connect() {
  in_->client.set_callback(*in_);
  auto const options = mqtt::connect_options_builder()
                           .mqtt_version(MQTTVERSION_5)
                           .clean_start(false)
                           .properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 3600}})
                           .keep_alive_interval(std::chrono::seconds(20))
                           .connect_timeout(std::chrono::seconds(5))
                           .automatic_reconnect(std::chrono::seconds(1), std::chrono::seconds(4))
                           .user_name(in_->where.user)
                           .password(in_->where.password)
                           .finalize();
  auto set = options;
  set.set_max_inflight(1000);
  try {
    in_->client.connect(set)->wait();
    in_->up = true;
  } catch (mqtt::exception const& e) {
    throw std::runtime_error("no connection to the broker " + in_->where.host + ":" + std::to_string(in_->where.port) + " as \"" + in_->where.user +
                             "\": " + e.to_string());
  }
}

void broker_link::subscribe(std::vector<std::string> filters) {
  in_->filters = std::move(filters);
  for (auto const& f : in_->filters) {
    try {
      auto const token = in_->client.subscribe(f, 1);
      token->wait();
      if (token->get_reason_code() >= 0x80) throw std::runtime_error("the broker refuses the subscription to " + f);
    } catch (mqtt::exception const& e) {
      throw std::runtime_error("the broker refuses the subscription to " + f + ": " + e.to_string());
    }
  }
  std::lock_guard lock(in_->guard);
  in_->resubscribe = false;
}

void broker_link::publish(message const& m, std::uint64_t mark) {
  std::uint64_t number = 0;
  {
    std::lock_guard lock(in_->guard);
    number = in_->next++;
    ++in_->total;
    in_->open.emplace(number, inner::waiting{m, mark, clock::now()});
  }
  in_->send(number, m);
}

void broker_link::resend(std::chrono::milliseconds age) {
  if (!in_->up) return;
  std::vector<std::pair<std::uint64_t, message>> again;
  bool subscribe_again = false;
  {
    std::lock_guard lock(in_->guard);
    std::swap(subscribe_again, in_->resubscribe);
    auto const now = clock::now();
    for (auto& [number, w] : in_->open)
      if (now - w.sent >= age && again.size() < 5000) {
        w.sent = now;
        again.emplace_back(number, w.m);
      }
  }
  for (auto const& [number, m] : again) in_->send(number, m);
  if (subscribe_again) {
    for (auto const& f : in_->filters) {
      try {
        in_->client.subscribe(f, 1);
      } catch (mqtt::exception const&) {
        std::lock_guard lock(in_->guard);
        in_->resubscribe = true;
      }
    }
  }
}

std::optional<incoming> broker_link::wait(clock::time_point until) {
  std::unique_lock lock(in_->guard);
  in_->changed.wait_until(lock, until, [&] { return !in_->inbox.empty(); });
  if (in_->inbox.empty()) return std::nullopt;
  auto m = std::move(in_->inbox.front());
  in_->inbox.pop_front();
  return m;
}

std::size_t broker_link::unacknowledged() const {
  std::lock_guard lock(in_->guard);
  return in_->open.size();
}
std::uint64_t broker_link::sent() const {
  std::lock_guard lock(in_->guard);
  return in_->total;
}
std::uint64_t broker_link::reconnects() const {
  std::lock_guard lock(in_->guard);
  return in_->again;
}
bool broker_link::connected() const { return in_->up; }

bool broker_link::drain(std::chrono::seconds patience) {
  auto const end = clock::now() + patience;
  while (clock::now() < end) {
    {
      std::unique_lock lock(in_->guard);
      if (in_->changed.wait_for(lock, std::chrono::milliseconds(200), [&] { return in_->open.empty(); })) return true;
    }
    resend(std::chrono::seconds(5));
  }
  return false;
}

void broker_link::close() {
  if (!in_->up) return;
  in_->up = false;
  in_->client.disconnect(1000)->wait_for(std::chrono::seconds(2));
}

}  // namespace ioc::sim
