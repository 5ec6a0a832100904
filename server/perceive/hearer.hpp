#pragma once
#include "core/archive.hpp"
#include "core/observation.hpp"
#include "perceive/catalogue.hpp"
#include "perceive/device_view.hpp"
#include "perceive/ledger.hpp"
#include "perceive/quota.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ioc::perceive {

// An element of a batch that was refused: its place in the message, from 0, and why.
struct refused_element {
  std::size_t place = 0;
  std::string reason;
};

// What became of one message. `reason` is empty only for a stored message without blemish. `records` counts its elements
// (a message that could not be taken apart counts as one). `security` = only an intruder would send this.
// `observations` holds what is to be judged and stored; an ignored element that proves life has one without readings.
// `refused`: of a batch, the first max_refused of its refused elements; `unit` is set when something was refused and a unit is known.
struct verdict {
  outcome what = outcome::rejected;
  std::string reason;
  std::string source;
  tally records;
  std::string unit;
  std::vector<refused_element> refused;
  bool security = false;
  std::vector<core::observation> observations;
  std::vector<core::observation> held;  // of sources whose records are put in order: what is to be judged when its turn comes
  bool surplus = false;  // refused unread, above its publisher's quota
  std::optional<flood> flooding;
  std::vector<decoded_request> requests;  // to be sent to the field, when live
};

inline constexpr std::size_t max_payload = 1024 * 1024;
inline constexpr std::size_t max_refused = 100;       // told of one message; the rest are counted
inline constexpr std::size_t max_unclaimed = 10'000;  // a unit
// Older records are refused: each day of event time is a partition of its own in the database, and a device must not make thousands.
inline constexpr core::duration oldest_kept = std::chrono::days{92};
inline constexpr std::size_t max_series = 1024;       // a device

// The first stage: raw message → observations, and the ledger. Owned by the pipeline's strand. Pure but for its state,
// which depends on nothing but the messages heard: the same journal gives the same state and the same verdicts.
// hear() never throws for what is in a message.
class hearer {
 public:
  explicit hearer(std::shared_ptr<catalogue const> known);
  ~hearer();
  hearer(hearer&&) noexcept;
  hearer& operator=(hearer&&) noexcept;

  // A reload: the state stays, devices that have been registered meanwhile are no longer unclaimed.
  void use(std::shared_ptr<catalogue const> known);

  verdict hear(core::raw_message const& m);

  // What the dialects want said to the field by `now` without a message of their own, such as a Sparkplug rebirth request. Whether this
  // or the next message brings a request about changes no state, so a replay may leave these calls out.
  std::vector<decoded_request> requests_due(core::time_point now);
  // The Sparkplug host's connection is there (again), by the journal's record of it.
  void host_connected(core::time_point at);

  ledger const& counts() const { return ledger_; }
  // Records that the devices' `seq` say were sent and that never came, and how many devices they are of. Looks at every device.
  struct gap_count {
    std::uint64_t records = 0, devices = 0;
  };
  gap_count gaps() const;
  // Null for a device that was never heard.
  device_view const* view(core::device_ref const& d) const;
  // Unclaimed devices of a unit: native name ("gateway/name" where two gateways have one of that name) → device id.
  std::map<std::string, std::string> unclaimed(std::string const& unit) const;
  // How the unclaimed device with this id calls itself; nothing when there is none. `own_topic`: in its own native topic, so that its
  // id is its name. `gateway` is empty unless it comes bridged.
  struct provisional {
    std::string native, gateway;
    bool own_topic = false;
  };
  std::optional<provisional> unclaimed_by_id(core::device_ref const& d) const;
  // What discovery messages told of a device, by its native name; null for nothing.
  discovered_device const* discovered(std::string const& unit, std::string const& native) const;
  // Sparkplug 3.0: what a node or device said counts as stale from its death on, until its next birth. False for all others.
  bool stale(core::device_ref const& d) const;
  struct node_count {
    std::size_t known = 0, alive = 0, devices = 0, devices_alive = 0;
  };
  node_count sparkplug_nodes() const;
  catalogue const& known() const { return *known_; }
  // Publishers that were ever above their quota, by publisher_name. Saved beside the rest, by whoever saves this.
  using surplus_map = std::map<std::string, surplus_count>;
  surplus_map const& surplus() const { return surplus_; }
  void restore(surplus_map saved) {
    surplus_ = std::move(saved);
    forget_shortcuts();
  }

  template <class A>
  void io(A& a) {
    std::uint32_t version = 5;
    a(version);
    if (version != 5) throw core::archive_error("the saved state of perceive has another version");
    a(ledger_, unclaimed_);
    if constexpr (std::is_same_v<A, core::archive_writer>) {
      save_views(a);
    } else {
      forget_shortcuts();  // they point into what is being replaced
      restore_views(a);
    }
    a(memories_, discovered_);
  }

 private:
  struct origin;          // whose element it is, and what has been looked up for it before
  struct known_topic;     // where a topic leads, looked up once
  struct shortcuts;       // both, by name; derived, not saved
  struct allowance;       // what one publisher may say, looked up once
  struct element_result;

  void forget_shortcuts();
  void save_views(core::archive_writer& a) const;
  void restore_views(core::archive_reader& a);
  known_topic& topic_of(std::string const& topic, known_topic& spare);

  // False = above the quota, and what is to be said of it stands in `out`.
  bool within_quota(core::raw_message const& m, known_topic& at, verdict& out);
  void weigh(core::raw_message const& m, known_topic& at, decoded& d, verdict& out);
  element_result weigh_element(core::raw_message const& m, known_topic& at, message_kind kind, decoded_element& e);
  origin* origin_of(known_topic& at, std::string const& native, std::string& why);
  bool identify(routed const& way, std::string const& native, origin& who, std::string& why);
  void note_discovered(std::string const& unit, std::vector<discovered_device>&& found);
  std::string free_id(std::string const& unit, std::string const& native, std::string const& key) const;
  std::string canonical(origin& who, decoded_element& e);
  template <class F>
  void each_host_memory(F const& f);
  void apply_model(device_model const& model, core::device const& device, core::observation& o) const;

  std::shared_ptr<catalogue const> known_;
  ledger ledger_;
  std::map<std::string, std::map<std::string, std::string>> unclaimed_;  // unit → ("n:" or "v:" [+ gateway + \x1f] + native name) → id
  series_pool names_;                                                    // of the views
  std::map<std::string, device_view, std::less<>> views_;                // "unit/device"; in order, as they are saved
  std::map<std::string, dialect_memory> memories_;                       // "unit/gateway/source"
  std::map<std::string, std::map<std::string, discovered_device>> discovered_;  // unit → native name → what it told of itself
  surplus_map surplus_;
  std::unique_ptr<shortcuts> short_;
  std::vector<std::uint32_t> slots_;  // of the element at hand, one for each of its readings
};

}  // namespace ioc::perceive
