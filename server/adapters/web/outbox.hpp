#pragma once
#include "adapters/web/hub.hpp"

#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ioc::web {

// One text frame, ready to write: `items` joined by commas stand between head and tail, unserialised and shared.
struct frame {
  std::string head;
  std::vector<shared_text> items;
  std::string tail;
  std::size_t size() const;
};

// What one stream connection still has to hear. Pure: no socket, no clock. Owned by its stream session, on the I/O thread.
// Deltas wait latest per object, so a slow reader gets fewer and newer ones and misses no object's last state; readings
// wait in order up to a thousand a subscription, then latest per series. A snapshot is taken when it is about to be written,
// so one that waits costs nothing. `bytes()` counts all that waits but snapshots.
class outbox {
 public:
  void say(std::string text);  // a frame of its own: hello, error
  // False when the id is in use.
  bool subscribe(std::int64_t id, channel where, item_filter filter);
  // The filter it had, so that the caller can stop watching; nothing when there is no such subscription.
  struct ended {
    channel where;
    item_filter filter;
  };
  std::optional<ended> unsubscribe(std::int64_t id);
  std::vector<ended> all() const;
  std::size_t subscriptions() const { return subscriptions_.size(); }

  void changed(change const& c);
  bool empty() const;
  std::size_t bytes() const { return bytes_; }
  // The next frame to write: words first, then snapshots, then deltas of at most about 256 KiB, in turn.
  std::optional<frame> next(hub const& from);

 private:
  struct entry {
    std::string key;
    shared_text json;  // empty = remove
    std::size_t size() const { return key.size() + (json ? json->size() : 0) + 64; }
  };
  struct subscription {
    channel where = channel::alerts;
    item_filter filter;
    bool fresh = true;  // its snapshot is due
    std::uint64_t seq = 0;
    std::uint64_t revision = 0;  // the snapshot's
    std::list<entry> waiting;
    std::unordered_map<std::string, std::list<entry>::iterator> latest;
  };
  void add(subscription& s, change const& c, bool removed);
  void thin(subscription& s);
  frame snapshot(std::int64_t id, subscription& s, hub const& from);
  frame delta(std::int64_t id, subscription& s);

  std::list<std::string> words_;
  std::map<std::int64_t, subscription> subscriptions_;
  std::int64_t turn_ = -1;
  std::size_t bytes_ = 0;
};

}  // namespace ioc::web
