#include "adapters/mqtt/sparkplug_host.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <atomic>

namespace ioc::mqtt {
namespace {

namespace json = boost::json;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string state_payload(bool online, std::int64_t timestamp) {
  return std::string(R"({"online":)") + (online ? "true" : "false") + R"(,"timestamp":)" + std::to_string(timestamp) + "}";
}

std::optional<host_state> read_state(std::string_view payload) {
  if (payload.size() > 1024) return std::nullopt;
  boost::system::error_code bad;
  auto const doc = json::parse(json::string_view(payload.data(), payload.size()), bad);
  auto const* o = bad ? nullptr : doc.if_object();
  auto const* online = o ? o->if_contains("online") : nullptr;
  if (!online || !online->is_bool()) return std::nullopt;
  host_state s;
  s.online = online->get_bool();
  if (auto const* t = o->if_contains("timestamp"); t && t->is_int64()) s.timestamp = t->get_int64();
  return s;
}

// `stamp`: the timestamp of the current will, so also of the online message. Written by the client's thread before each connect and by
// Paho's when somebody claims a later one.
struct sparkplug_host::impl {
  std::string topic;
  mqtt::sink sink;
  state_handler on_state;
  std::atomic<std::int64_t> stamp{0};
  std::atomic<std::uint64_t> lost{0}, corrected{0};
  std::unique_ptr<client> connection;

  // The newest time wins at the edge nodes: the clock may have been set back, or somebody may have claimed a time ahead of it.
  void next_stamp(std::int64_t at_least) { stamp = std::max({now_ms(), at_least, stamp + 1}); }

  void say_online() { connection->publish(topic, state_payload(true, stamp), 1, true, std::chrono::seconds{0}); }

  taken message(incoming const& m) {
    // A retained copy is our own will of an earlier time; what is said now comes without the flag, and our own words do not come back.
    if (m.topic == topic && !m.retain)
      if (auto const said = read_state(m.payload); said && !said->online) {
        if (said->timestamp > stamp) next_stamp(said->timestamp + 1);
        ++corrected;
        say_online();
      }
    auto const t = sink(m);
    if (t != taken::refused) return t;
    ++lost;
    return taken::stored_nearly_full;
  }
};

sparkplug_host::sparkplug_host(options o, std::string host_id, sink s, state_handler on_state) : p_(std::make_shared<impl>()) {
  auto* const p = p_.get();  // outlives the client, which it owns
  p->topic = "spBv1.0/STATE/" + host_id;
  p->sink = std::move(s);
  p->on_state = std::move(on_state);
  o.filters = {"spBv1.0/#"};
  o.clean = true;
  o.broker_pid_file.clear();
  o.will = [p] {
    p->next_stamp(0);
    return will_message{p->topic, state_payload(false, p->stamp)};
  };
  p->connection = std::make_unique<client>(
      std::move(o), [p](incoming const& m) { return p->message(m); },
      [p](client_state const& now) {
        if (now.connected()) p->say_online();
        if (p->on_state) p->on_state(now);
      });
}

sparkplug_host::~sparkplug_host() { stop(); }

void sparkplug_host::start() { p_->connection->start(); }

void sparkplug_host::stop() {
  if (p_->connection->state().connected()) {
    p_->next_stamp(0);
    p_->connection->publish(p_->topic, state_payload(false, p_->stamp), 1, true, std::chrono::seconds{0});
  }
  p_->connection->stop();
}

void sparkplug_host::resume() { p_->connection->resume(); }

bool sparkplug_host::request(std::string topic, std::string payload) {
  return p_->connection->publish(std::move(topic), std::move(payload), 0, false, std::chrono::seconds{0});
}

client_state sparkplug_host::state() const { return p_->connection->state(); }
std::uint64_t sparkplug_host::lost() const { return p_->lost; }
std::uint64_t sparkplug_host::corrected() const { return p_->corrected; }

}  // namespace ioc::mqtt
