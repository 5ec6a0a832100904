#include "adapters/mqtt/direct_connection.hpp"

#include "adapters/mqtt/packet.hpp"
#include "adapters/mqtt/stream.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ioc::mqtt {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t read_at_once = 256 << 10;
constexpr int reads_a_round = 64;  // then acknowledgements and commands get their turn
constexpr std::chrono::seconds goodbye{2};

}  // namespace

// `mutex` guards what the calling thread hands over; everything below "the thread's own" belongs to the thread alone.
struct direct_connection::impl {
  options const& opt;
  direct_events& events;
  std::atomic<bool>& holding;
  std::unique_ptr<stream> line;
  int wake = -1;
  std::thread thread;
  std::atomic<bool> leaving{false}, with_will{false};

  struct outgoing {
    std::string topic, payload;
    std::uint8_t qos;
    bool retain;
    std::uint32_t expiry_s;
    std::uint64_t id;
  };
  std::mutex mutex;
  std::condition_variable answered_one;
  std::deque<outgoing> publishes;
  std::string requests;                            // whole packets to be written
  std::map<std::uint16_t, std::uint8_t> subacks;   // by packet id
  bool ended = false;
  std::string why;

  // The thread's own.
  std::vector<char> in = std::vector<char>(2 * read_at_once);
  std::size_t in_begin = 0, in_end = 0;  // what was read and is not worked in yet
  std::string out;
  std::map<std::uint16_t, std::uint64_t> unanswered;  // packet id → the caller's
  std::uint16_t last_packet_id = 1000;                // below: subscriptions
  std::uint16_t broker_takes = 65535;
  std::chrono::seconds keep_alive{0};
  bool deaf = false;  // the broker no longer hears us; what it sent is still read
  bool pinged = false;
  steady_clock::time_point last_sent, last_heard, ping_at;

  impl(options const& o, direct_events& e, std::atomic<bool>& h) : opt(o), events(e), holding(h), wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake < 0) throw std::runtime_error("no event descriptor");
  }
  ~impl() {
    if (thread.joinable()) {
      leaving = true;
      nudge();
      thread.join();
    }
    ::close(wake);
  }

  void nudge() const {
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const n = ::write(wake, &one, sizeof one);
  }

  // ---------------------------------------------------------------- reading

  // Returns why it is over, or nothing.
  std::string work_in(packet::frame const& f) {
    switch (f.kind) {
      case packet::type::publish: {
        auto const p = packet::read_publish(f);
        if (!p) return "the broker sent a message that is no MQTT 5";
        if (holding) return {};
        incoming m;
        m.topic = p->topic;
        m.payload = p->payload;
        m.qos = p->qos;
        m.dup = p->dup;
        m.retain = p->retain;
        auto const t = events.message(m);
        if (t != taken::stored) holding = true;
        if (t != taken::refused && p->qos > 0) packet::put_puback(out, p->id);
        return {};
      }
      case packet::type::puback:
        if (auto const a = packet::read_answer(f)) {
          auto const i = unanswered.find(a->id);
          if (i == unanswered.end()) return {};
          auto const id = i->second;
          unanswered.erase(i);
          events.answered(id, a->reason >= 0x80 ? delivery::refused : delivery::reached_broker);
          return {};
        }
        return "the broker sent an acknowledgement that is no MQTT 5";
      case packet::type::suback:
        if (auto const a = packet::read_answer(f)) {
          std::lock_guard const lock{mutex};
          subacks[a->id] = a->reason;
          answered_one.notify_all();
        }
        return {};
      case packet::type::pingresp:
        return {};
      case packet::type::disconnect:
        return "the broker ended it: " + packet::words(packet::read_disconnect(f));
      default:
        return "the broker sent a packet that a client does not get";
    }
  }

  std::string work_in_all() {
    packet::frame f;
    for (;;) {
      auto const what = packet::next({in.data() + in_begin, in_end - in_begin}, opt.maximum_packet, f);
      if (what == packet::found::part) return {};
      if (what == packet::found::broken) return "the broker sent bytes that are no MQTT, or a packet larger than we allow";
      in_begin += f.bytes;
      if (auto over = work_in(f); !over.empty()) return over;
    }
  }

  // At least read_at_once of room behind what is there; the buffer grows with the largest packet only.
  void make_room() {
    if (in_begin > 0) {
      std::memmove(in.data(), in.data() + in_begin, in_end - in_begin);
      in_end -= in_begin;
      in_begin = 0;
    }
    if (in.size() - in_end < read_at_once) in.resize(in.size() * 2);
  }

  // Reads until there is nothing left. Returns why it is over, or nothing.
  std::string listen() {
    for (int round = 0; round < reads_a_round; ++round) {
      make_room();
      std::size_t n = 0;
      auto const what = line->read(in.data() + in_end, read_at_once, n);
      in_end += n;
      if (what == io::again) return {};
      if (what == io::over) return "the connection broke: " + line->why();
      last_heard = steady_clock::now();
      pinged = false;
      if (auto over = work_in_all(); !over.empty()) return over;
    }
    return {};
  }

  // ---------------------------------------------------------------- writing

  void hand_over() {
    std::unique_lock lock{mutex};
    out += requests;
    requests.clear();
    while (!publishes.empty() && unanswered.size() < broker_takes) {
      auto const p = std::move(publishes.front());
      publishes.pop_front();
      lock.unlock();
      std::uint16_t packet_id = 0;
      if (p.qos > 0) {
        do last_packet_id = last_packet_id == 65535 ? 1001 : static_cast<std::uint16_t>(last_packet_id + 1);
        while (unanswered.contains(last_packet_id));
        packet_id = last_packet_id;
        unanswered.emplace(packet_id, p.id);
      }
      packet::put_publish(out, p.topic, p.payload, p.qos, p.retain, p.expiry_s, packet_id);
      if (p.qos == 0) events.answered(p.id, delivery::reached_broker);
      lock.lock();
    }
  }

  void speak() {
    std::size_t done = 0;
    while (!deaf && done < out.size()) {
      std::size_t n = 0;
      auto const what = line->write(out.data() + done, out.size() - done, n);
      if (what == io::again) break;
      if (what == io::over) deaf = true;
      done += n;
      last_sent = steady_clock::now();
    }
    if (deaf) out.clear();
    else out.erase(0, done);
  }

  // ---------------------------------------------------------------- the thread

  std::string stay() {
    auto leave_at = steady_clock::time_point::max();
    auto deaf_until = steady_clock::time_point::max();
    for (;;) {
      hand_over();
      speak();
      auto const now = steady_clock::now();
      if (leaving && leave_at == steady_clock::time_point::max()) {
        packet::put_disconnect(out, with_will);
        speak();
        leave_at = now + goodbye;
      }
      if (now >= leave_at) return {};
      if (deaf && deaf_until == steady_clock::time_point::max()) deaf_until = now + goodbye;
      if (now >= deaf_until) return "the connection broke: " + line->why();
      if (keep_alive.count() > 0 && leave_at == steady_clock::time_point::max()) {
        if (pinged && now - ping_at > keep_alive) return "the broker is silent: no answer to a ping within " + std::to_string(keep_alive.count()) + " s";
        if (!pinged && (now - last_sent >= keep_alive || now - last_heard >= keep_alive)) {
          packet::put_pingreq(out);
          pinged = true;
          ping_at = now;
          speak();
        }
      }
      pollfd p[2] = {{line->fd(), static_cast<short>(POLLIN | (!deaf && (!out.empty() || line->wants_write()) ? POLLOUT : 0)), 0}, {wake, POLLIN, 0}};
      ::poll(p, 2, leaving || deaf ? 50 : 1000);
      if (p[1].revents) {
        std::uint64_t n = 0;
        [[maybe_unused]] auto const got = ::read(wake, &n, sizeof n);
      }
      if (p[0].revents & ~POLLOUT)
        if (auto over = listen(); !over.empty()) return leaving ? std::string{} : over;
    }
  }

  void run() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // TLS writes without MSG_NOSIGNAL
    auto over = work_in_all();  // what came behind the CONNACK
    if (over.empty()) over = stay();
    {
      std::lock_guard const lock{mutex};
      ended = true;
      why = over;
      answered_one.notify_all();
    }
    if (!over.empty()) events.lost(std::move(over));
  }
};

direct_connection::direct_connection(options const& o, direct_events& events, std::atomic<bool>& holding) : p_(std::make_unique<impl>(o, events, holding)) {}

direct_connection::~direct_connection() = default;

bool direct_connection::connect(std::atomic<bool> const& stopping) {
  auto& p = *p_;
  p.line = stream::open(p.opt, stopping);
  std::string request;
  std::optional<will_message> will;
  if (p.opt.will) will = p.opt.will();
  packet::put_connect(request, p.opt, will ? &*will : nullptr);
  auto const deadline = steady_clock::now() + p.opt.connect_timeout + std::chrono::seconds{1};
  std::size_t done = 0;
  packet::frame f;
  for (;;) {
    if (stopping) throw std::runtime_error("stopping");
    if (steady_clock::now() >= deadline) throw std::runtime_error("the broker did not answer the connect");
    std::size_t n = 0;
    if (done < request.size() && p.line->write(request.data() + done, request.size() - done, n) == io::over)
      throw std::runtime_error("the connection broke: " + p.line->why());
    done += n;
    char bytes[4096];
    auto const what = p.line->read(bytes, sizeof bytes, n);
    if (what == io::over) throw std::runtime_error("the connection broke before the connect was answered: " + p.line->why());
    if (what == io::some) {
      if (p.in_end + n > p.in.size()) throw std::runtime_error("what listens there speaks no MQTT 5");
      std::memcpy(p.in.data() + p.in_end, bytes, n);
      p.in_end += n;
      auto const found = packet::next({p.in.data(), p.in_end}, p.opt.maximum_packet, f);
      if (found == packet::found::broken || (found == packet::found::whole && f.kind != packet::type::connack))
        throw std::runtime_error("what listens there speaks no MQTT 5");
      if (found == packet::found::whole) break;
      continue;
    }
    pollfd poll_for{p.line->fd(), static_cast<short>(POLLIN | (done < request.size() ? POLLOUT : 0)), 0};
    ::poll(&poll_for, 1, 50);
  }
  auto const answer = packet::read_connack(f);
  if (!answer) throw std::runtime_error("what listens there speaks no MQTT 5");
  if (answer->reason != 0) throw std::runtime_error("the broker says: " + packet::words(answer->reason));
  p.in_begin = f.bytes;
  p.broker_takes = answer->receive_maximum;
  p.keep_alive = std::chrono::seconds{answer->server_keep_alive.value_or(static_cast<std::uint16_t>(p.opt.keep_alive.count()))};
  p.last_sent = p.last_heard = steady_clock::now();
  p.thread = std::thread{[&p] { p.run(); }};
  return answer->session_present;
}

void direct_connection::subscribe(std::vector<std::string> const& filters, std::atomic<bool> const& stopping) {
  auto& p = *p_;
  std::unique_lock lock{p.mutex};
  for (std::size_t i = 0; i < filters.size(); ++i) packet::put_subscribe(p.requests, static_cast<std::uint16_t>(i + 1), filters[i]);
  p.nudge();
  auto const deadline = steady_clock::now() + p.opt.connect_timeout;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    auto const id = static_cast<std::uint16_t>(i + 1);
    while (!p.subacks.contains(id)) {
      if (stopping) throw std::runtime_error("stopping");
      if (p.ended) throw std::runtime_error(p.why);
      if (steady_clock::now() >= deadline) throw std::runtime_error("the broker did not answer the subscription");
      p.answered_one.wait_for(lock, std::chrono::milliseconds{50});
    }
    if (p.subacks[id] >= 0x80) throw std::runtime_error("the broker refuses the subscription to " + filters[i] + ": " + packet::words(p.subacks[id]));
  }
}

void direct_connection::publish(std::string topic, std::string payload, std::uint8_t qos, bool retain, std::chrono::seconds expiry, std::uint64_t id) {
  std::lock_guard const lock{p_->mutex};
  p_->publishes.push_back({std::move(topic), std::move(payload), qos, retain, static_cast<std::uint32_t>(std::max<std::int64_t>(expiry.count(), 0)), id});
  p_->nudge();
}

void direct_connection::disconnect(bool send_will) noexcept {
  p_->with_will = send_will;
  p_->leaving = true;
  p_->nudge();
  if (p_->thread.joinable()) p_->thread.join();
}

}  // namespace ioc::mqtt
