#include "adapters/mqtt/client.hpp"

#include "adapters/mqtt/broker_save.hpp"
#include "adapters/mqtt/direct_connection.hpp"
#include "adapters/mqtt/endpoint.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace ioc::mqtt {
namespace {

using std::chrono::steady_clock;

core::time_point wall_clock() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

// A connection that stood this long was no accident: the next break starts with the shortest wait again. Two clients with one name
// throw each other off at once, and must not do so ten times a second.
constexpr std::chrono::seconds stable{5};
constexpr std::chrono::seconds send_at_stop{1};

}  // namespace

// Waits grow to the most and are spread by a third, so that the clients of a broker that came back do not all knock at once.
std::chrono::milliseconds spread(std::chrono::milliseconds wait) {
  static thread_local std::minstd_rand dice{std::random_device{}()};
  return wait * std::uniform_int_distribution<int>{67, 133}(dice) / 100;
}

// `mutex` is held for moments only and never over a call of the connection that waits, or a handler.
struct client::impl final : direct_events {
  options opt;
  std::vector<std::string> filters;
  mqtt::sink sink;
  state_handler on_state;
  delivery_handler on_delivery;

  struct outgoing {
    std::string topic, payload;
    std::uint8_t qos;
    bool retain;
    std::chrono::seconds expiry;
    std::uint64_t tag;
  };
  struct answer {
    std::uint64_t tag;
    delivery what;
  };

  mutable std::mutex mutex;
  std::condition_variable change;
  client_state now;
  std::deque<outgoing> queue;
  std::map<std::uint64_t, std::uint64_t> unanswered;  // our id → the caller's tag
  std::deque<answer> answers;
  std::uint64_t last_id = 0;
  bool pausing = false;
  bool resuming = false;  // the connection is left and made again: only then does the broker send what it holds in flight
  bool broken = false;
  std::string broken_why;
  bool linked = false;  // a connection stands: publish() says yes
  bool started = false;
  std::thread thread;

  std::atomic<bool> stopping{false};
  std::atomic<bool> holding{false};  // messages stay at the broker
  std::atomic<std::uint64_t> received{0}, received_dup{0}, refused{0};

  impl(options o, mqtt::sink s, state_handler st, delivery_handler d)
      : opt(std::move(o)), filters(without_covered(opt.filters)), sink(std::move(s)), on_state(std::move(st)), on_delivery(std::move(d)) {
    endpoint_uri(opt);  // throws where options cannot work
  }

  // The connection's thread.
  taken message(incoming const& m) noexcept override {
    auto const t = sink(m);
    if (t != taken::stored) want_pause();
    if (t == taken::refused) {
      ++refused;
    } else {
      ++received;
      if (m.dup) ++received_dup;
    }
    return t;
  }

  void answered(std::uint64_t id, delivery d) noexcept override {
    std::lock_guard held(mutex);
    auto const u = unanswered.find(id);
    if (u == unanswered.end()) return;
    answers.push_back(answer{u->second, d});
    unanswered.erase(u);
    change.notify_all();
  }

  void lost(std::string why) noexcept override {
    std::lock_guard held(mutex);
    if (!broken) broken_why = std::move(why);
    broken = true;
    change.notify_all();
  }

  void want_pause() noexcept {
    std::lock_guard held(mutex);
    if (!pausing) ++now.pauses;
    pausing = true;
    holding = true;
    change.notify_all();
  }

  client_state snapshot() const {  // under mutex
    auto s = now;
    s.received = received;
    s.received_dup = received_dup;
    s.refused_by_sink = refused;
    return s;
  }

  void enter(std::unique_lock<std::mutex>& held, mqtt::phase p, std::string reason) {
    if (now.phase == p && now.reason == reason) return;
    now.phase = p;
    now.since = wall_clock();
    now.reason = std::move(reason);
    auto const s = snapshot();
    held.unlock();
    if (on_state) on_state(s);
    held.lock();
  }

  void hand_out_answers(std::unique_lock<std::mutex>& held) {
    while (!answers.empty()) {
      auto const a = answers.front();
      answers.pop_front();
      if (a.what == delivery::lost) ++now.published_lost;
      held.unlock();
      if (on_delivery) on_delivery(a.tag, a.what);
      held.lock();
    }
  }

  void send_one(std::unique_lock<std::mutex>& held, direct_connection& c) {
    auto o = std::move(queue.front());
    queue.pop_front();
    auto const id = ++last_id;
    unanswered.emplace(id, o.tag);
    ++now.published;
    held.unlock();
    c.publish(std::move(o.topic), std::move(o.payload), o.qos, o.retain, o.expiry, id);
    held.lock();
  }

  void serve(std::unique_lock<std::mutex>& held, direct_connection& c) {
    auto leave_at = steady_clock::time_point::max();
    while (!broken && !resuming && !(opt.clean && pausing)) {
      if (pausing && now.phase == phase::connected) enter(held, phase::paused, "");
      if (stopping) {
        leave_at = std::min(leave_at, steady_clock::now() + send_at_stop);
        if ((queue.empty() && unanswered.empty() && answers.empty()) || steady_clock::now() >= leave_at) break;
      }
      if (!answers.empty()) hand_out_answers(held);
      else if (!queue.empty()) send_one(held, c);
      else if (broken || resuming || (pausing && (opt.clean || now.phase == phase::connected))) continue;  // changed while a handler ran
      else if (stopping) change.wait_until(held, leave_at);
      else change.wait(held);
    }
  }

  // One connection from beginning to end. Returns why it is over, empty when it was our own wish.
  std::string one_connection(std::unique_lock<std::mutex>& held) {
    broken = false;
    resuming = false;
    holding = pausing;
    held.unlock();
    std::string why;
    try {
      direct_connection c(opt, *this, holding);
      bool const present = c.connect(stopping);
      c.subscribe(filters, stopping);
      held.lock();
      ++now.connects;
      if (!present) ++now.new_sessions;
      now.session_present = present;
      // Also once after a start on an old session: its filters may be other ones than those that were saved.
      if (!opt.broker_pid_file.empty() && (!present || now.connects == 1)) {
        now.save_trouble = ask_broker_to_save(opt.broker_pid_file);
        if (now.save_trouble.empty()) ++now.saves_asked;
      }
      linked = true;
      enter(held, pausing ? phase::paused : phase::connected, "");
      serve(held, c);
      why = broken ? broken_why : "";
      // From here on publish() says no, before what is left is given up.
      bool const send_will = pausing && opt.clean && !stopping;
      linked = false;
      enter(held, send_will ? phase::paused : stopping ? phase::stopped : broken ? phase::waiting : phase::connecting, why);
      held.unlock();
      if (why.empty()) c.disconnect(send_will);
    } catch (std::exception const& e) {
      if (held.owns_lock()) held.unlock();
      why = e.what();
    }
    held.lock();
    for (auto const& q : queue) answers.push_back(answer{q.tag, delivery::lost});
    queue.clear();
    for (auto const& [id, tag] : unanswered) answers.push_back(answer{tag, delivery::lost});
    unanswered.clear();
    hand_out_answers(held);
    return why;
  }

  void run() {
    std::unique_lock held(mutex);
    auto backoff = opt.backoff_first;
    while (!stopping) {
      if (opt.clean && pausing) {
        enter(held, phase::paused, "");
        change.wait(held, [this] { return !pausing || stopping; });
        continue;
      }
      if (now.phase != phase::waiting) enter(held, phase::connecting, "");
      auto const begun = steady_clock::now();
      auto const why = one_connection(held);
      if (steady_clock::now() - begun >= stable + opt.connect_timeout || resuming) backoff = opt.backoff_first;
      if (stopping || resuming) continue;
      enter(held, phase::waiting, why);
      change.wait_for(held, spread(backoff), [this] { return stopping.load(); });
      backoff = std::min(backoff * 2, opt.backoff_most);
    }
    enter(held, phase::stopped, "");
  }
};

client::client(options o, sink s, state_handler on_state, delivery_handler on_delivery)
    : p_(std::make_shared<impl>(std::move(o), std::move(s), std::move(on_state), std::move(on_delivery))) {}

client::~client() { stop(); }

void client::start() {
  std::lock_guard held(p_->mutex);
  if (p_->started) return;
  p_->started = true;
  p_->thread = std::thread([p = p_] { p->run(); });
}

void client::stop() {
  std::unique_lock held(p_->mutex);
  p_->stopping = true;
  p_->change.notify_all();
  if (!p_->thread.joinable()) return;
  auto thread = std::move(p_->thread);
  held.unlock();
  thread.join();  // everything that it waits for ends by itself: the last sends, a disconnect, a step of a connect
}

void client::pause() { p_->want_pause(); }

void client::resume() {
  std::lock_guard held(p_->mutex);
  if (!p_->pausing) return;
  p_->pausing = false;
  p_->resuming = true;
  p_->change.notify_all();
}

bool client::publish(std::string topic, std::string payload, std::uint8_t qos, bool retain, std::chrono::seconds expiry, std::uint64_t tag) {
  std::lock_guard held(p_->mutex);
  auto& p = *p_;
  if (!p.linked || p.broken || p.stopping || p.queue.size() + p.unanswered.size() >= p.opt.max_publishing) return false;
  p.queue.push_back(impl::outgoing{std::move(topic), std::move(payload), std::min<std::uint8_t>(qos, 1), retain, expiry, tag});
  p.change.notify_all();
  return true;
}

client_state client::state() const {
  std::lock_guard held(p_->mutex);
  return p_->snapshot();
}

}  // namespace ioc::mqtt
