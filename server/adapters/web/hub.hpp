#pragma once
#include "core/time.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ioc::web {

enum class channel : std::uint8_t { alerts, devices, summary, actions, tasks, readings };
std::optional<channel> channel_from(std::string_view text);

// One object's JSON, made once by whoever puts it and shared by every viewer and frame that shows it.
using shared_text = std::shared_ptr<std::string const>;

// What lists and filters look at, so that nobody has to parse the JSON again. Unused fields stay empty.
struct item_meta {
  bool open = true;      // alerts: not closed; tasks: not done
  bool unacked = false;  // alerts
  std::string state;     // alert, action or task state; a device's connection
  std::string severity;
  std::string rule;
  std::string alert;   // actions, tasks: the alert they belong to
  std::string device;  // alerts, readings; a device's own name
  std::string metric;
  std::string type;           // devices
  std::string text;           // devices: what `q=` searches (name)
  bool claimed = true;        // devices: registered
  core::time_point at{};      // lists are newest first by it, then by key: raised_at, proposed_at, created_at; devices leave it
};

struct item {
  std::string key;  // id, unit/device, or unit (summary)
  std::string unit;
  shared_text json;
  item_meta meta;
  std::uint64_t revision = 0;
  bool on_demand = false;  // `json` is made when somebody looks
};

// Which items a viewer may and wants to see. `units` is the viewer's scope, or a part of it, and is never empty.
struct item_filter {
  std::set<std::string> units;
  std::set<std::string> states;  // "open" = meta.open
  std::set<std::string> severities;
  std::string rule;
  std::string alert;
  std::string device;
  std::string metric;
  std::string type;
  std::string text;
  std::optional<bool> claimed;
  bool only_units() const;
  bool matches(item const& i) const;
};

// An item as it now is, or its end (`json` empty).
struct change {
  channel where = channel::alerts;
  item what;
  bool removed() const { return !what.json; }
};

// The current items of each channel: what snapshots and lists of live things are served from. The pipeline's thread puts,
// the web adapter's threads read; every call is thread-safe and short. Changes wait here, latest per object, until the
// adapter takes them; readings wait in order, at most 20,000, then a new one is dropped and counted.
class hub {
 public:
  void put(channel where, std::string key, std::string unit, std::string json, item_meta meta = {});
  void remove(channel where, std::string const& key, std::string const& unit);
  // As put, for an item that nobody follows: its text is made by the channel's maker when somebody looks.
  void touch(channel where, std::string key, std::string unit, item_meta meta);
  // True while a stream is subscribed to this channel for this unit: then its changes are to be put.
  bool followed(channel where, std::string const& unit) const;
  // Gives the JSON texts of keys, in their order, empty for what is gone. Called without the hub's lock, from any of the adapter's
  // threads; it may wait a moment, and may throw: what it could not make is left out.
  using maker = std::function<std::vector<std::string>(std::vector<std::string> const& keys)>;
  void make_by(channel where, maker m);
  // `json` is the whole item {key, device, metric, t, v, q}. Ask `wanted` first: nobody may be looking.
  void reading(std::string const& unit, std::string const& device, std::string const& metric, std::string json);
  bool wanted(std::string const& unit, std::string const& device) const;

  std::optional<item> find(channel where, std::string const& key) const;
  // In list order, after the item `after` = (at in µs, key), at most `limit`.
  struct position {
    std::int64_t at_us = 0;
    std::string key;
  };
  std::vector<item> list(channel where, item_filter const& filter, std::size_t limit, std::optional<position> const& after = {}) const;
  struct snapshot_items {
    std::uint64_t revision = 0;  // changes up to here are in it
    std::vector<shared_text> items;
  };
  snapshot_items snapshot(channel where, item_filter const& filter) const;

  // For the web adapter: `wake` is called, from the putting thread and outside the lock, when the first change waits.
  void attach(std::function<void()> wake);
  std::vector<change> take();
  void watch(std::string const& unit, std::string const& device, int by);  // +1, -1
  void follow(channel where, std::set<std::string> const& units, int by);  // +1, -1
  std::uint64_t readings_dropped() const { return readings_dropped_; }

 private:
  struct shelf {
    std::unordered_map<std::string, item> items;
    std::map<std::pair<std::int64_t, std::string_view>, item const*> order;  // (-at, key), of `items`
    std::unordered_map<std::string, std::size_t> waiting;                // key → place in waiting_
  };
  void keep(shelf& s, item i);
  void note(shelf& s, channel where, item i);
  void wake();
  void make(channel where, std::vector<item*> const& wanted) const;

  mutable std::mutex mutex_;
  std::map<channel, shelf> shelves_;
  std::vector<change> waiting_;
  std::size_t waiting_readings_ = 0;
  std::uint64_t revision_ = 0;
  std::function<void()> wake_;
  std::map<std::string, int> watched_;
  std::map<std::pair<channel, std::string>, int> followed_;
  std::map<channel, maker> makers_;
  std::atomic<int> watchers_{0};
  std::atomic<std::uint64_t> readings_dropped_{0};
};

}  // namespace ioc::web
