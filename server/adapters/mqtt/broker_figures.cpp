#include "adapters/mqtt/broker_figures.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>

namespace ioc::mqtt {
namespace {

constexpr std::string_view dropped_topic = "$SYS/broker/publish/messages/dropped", count_topic = "$SYS/broker/store/messages/count",
                           bytes_topic = "$SYS/broker/store/messages/bytes";
constexpr std::chrono::hours warned_for{1};

core::time_point wall_clock() { return std::chrono::floor<core::duration>(std::chrono::system_clock::now()); }

std::string mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

bool broker_figures::take(std::string_view topic, std::string_view payload, core::time_point now) {
  std::uint64_t n = 0;
  auto const [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), n);
  if (error != std::errc{} || end != payload.data() + payload.size()) return false;
  if (topic == count_topic) {
    stored_messages = n;
  } else if (topic == bytes_topic) {
    stored_bytes = n;
  } else if (topic == dropped_topic) {
    // Lower = another start of the broker. The first word counts, too: what was dropped while we were away is the loss that matters.
    auto const before = dropped && *dropped <= n ? *dropped : 0;
    dropped = n;
    if (n > before) {
      grown += n - before;
      grew_at = now;
    }
  } else {
    return false;
  }
  return true;
}

std::string broker_figures::warning(core::time_point now, queue_limits const& limits) const {
  std::string out;
  if (grew_at && now - *grew_at < warned_for)
    out = "warning: the broker dropped " + std::to_string(grown) + " messages, the last before " + core::to_iso(std::chrono::floor<std::chrono::seconds>(*grew_at)) +
          ": a client's queue was full";
  auto const part = [](std::optional<std::uint64_t> is, std::uint64_t most) { return is && most > 0 ? static_cast<unsigned>(static_cast<double>(*is) * 100 / static_cast<double>(most)) : 0u; };
  auto const percent = std::max(part(stored_messages, limits.messages), part(stored_bytes, limits.bytes));
  if (percent >= 80)
    out += (out.empty() ? "warning: " : "; ") + std::string("the broker's store is at ") + std::to_string(percent) + " % of what one queue may hold, then it drops";
  return out;
}

std::string broker_figures::text() const {
  if (!dropped && !stored_messages && !stored_bytes) return {};
  std::string out = std::to_string(dropped.value_or(0)) + " dropped";
  if (stored_messages) out += ", store " + std::to_string(*stored_messages) + " messages";
  if (stored_bytes) out += ", " + mib(*stored_bytes);
  return out;
}

struct broker_watch::impl {
  mutable std::mutex mutex;
  broker_figures is;
  std::function<void(std::uint64_t, std::uint64_t)> on_drop;
  std::unique_ptr<client> connection;

  taken message(incoming const& m) {
    std::uint64_t more = 0, all = 0;
    {
      std::lock_guard const held(mutex);
      auto const before = is.grown;
      is.take(m.topic, m.payload, wall_clock());
      more = is.grown - before;
      all = is.dropped.value_or(0);
    }
    if (more > 0 && on_drop) on_drop(more, all);
    return taken::stored;
  }
};

broker_watch::broker_watch(options o, std::function<void(std::uint64_t, std::uint64_t)> on_drop) : p_(std::make_shared<impl>()) {
  auto* const p = p_.get();  // outlives the client, which it owns
  p->on_drop = std::move(on_drop);
  o.client_id += "-sys";
  o.filters = {std::string(dropped_topic), std::string(count_topic), std::string(bytes_topic)};
  o.clean = true;
  o.will = {};
  o.broker_pid_file.clear();
  p->connection = std::make_unique<client>(
      std::move(o), [p](incoming const& m) { return p->message(m); },
      [p](client_state const& now) {
        if (now.connected()) return;
        std::lock_guard const held(p->mutex);
        p->is.forget_store();
      });
}

broker_watch::~broker_watch() { stop(); }
void broker_watch::start() { p_->connection->start(); }
void broker_watch::stop() { p_->connection->stop(); }
client_state broker_watch::state() const { return p_->connection->state(); }

broker_figures broker_watch::figures() const {
  std::lock_guard const held(p_->mutex);
  return p_->is;
}

}  // namespace ioc::mqtt
