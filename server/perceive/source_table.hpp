#pragma once
#include "core/time.hpp"
#include "perceive/decoder.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// One file of config/sources/: which topics a decoder takes. The filters are MQTT's (+ and #) and are matched against the
// topic as the vendor made it: `ioc/raw/v1/{unit}/{gateway}/` is cut off before.
struct source_info {
  std::string name;     // in the ledger; "native", "chirpstack-v4" …
  std::string decoder;  // native, chirpstack_v4, shelly_gen2, zigbee2mqtt, frigate, onvif_events
  std::vector<std::string> filters;
  std::string unit;  // only for a source that does not come bridged: the one unit whose devices it carries
  core::duration max_age = std::chrono::minutes{10};  // older on arrival = late
  core::duration max_ahead = std::chrono::minutes{5};  // further ahead of arrival = the clock is wrong
  core::duration max_behind = std::chrono::minutes{5};  // steadily further behind = the clock is wrong, too
  core::duration allowed_lateness{0};  // so long its records are held to be judged in order; 0 = at once, as they come
  std::map<std::string, std::string> settings;        // the decoder's own, see config/README.md
  std::optional<double> quota_per_s;  // messages a second of one publisher; 1,000 for a device, 5,000 for a gateway
  // How dialects that look alike are told apart (source_overlap.hpp).
  std::vector<std::string> gateways;  // only what comes over one of these; empty = over any, and what is not bridged
  std::vector<std::string> except;    // filters for topics that it leaves alone
  bool yields = false;                // where filters overlap in part, the other source takes the message
};

// True when `topic` fits the MQTT filter. '+' is one level, '#' the rest and the level above it ("a/#" fits "a").
// As MQTT asks, a wildcard in the first level does not fit topics that start with '$'.
bool topic_fits(std::string_view filter, std::string_view topic);

// MQTT's rules for a filter: not empty, '#' only as the last level, '+' only as a whole level, no NUL.
bool valid_filter(std::string_view filter);

// Orders filters from narrow to wide: at the first level that differs a word is narrower than '+', '+' than '#'.
bool narrower(std::string_view a, std::string_view b);

// A source with its decoder looked up.
struct bound {
  source_info info;
  decode_function decode = nullptr;
  decoder_settings settings;
};

// The parts of a topic that arrived. `rest` is what the decoder sees; `source` is null when nothing takes the topic.
struct routed {
  bound const* source = nullptr;
  std::string_view unit;
  std::string_view gateway;  // empty unless bridged
  std::string_view rest;
};

// All sources; of overlapping filters the narrower takes the message, once. Who wins where neither is narrower: source_overlap.hpp.
// Built once, then read only.
class source_table {
 public:
  source_table() = default;
  // Throws std::invalid_argument on an unknown decoder, a bad filter, a name that stands twice.
  explicit source_table(std::vector<source_info> sources);

  routed route(std::string_view topic) const;
  std::vector<bound> const& sources() const { return sources_; }

 private:
  struct way {
    std::string filter;
    std::size_t source;
  };
  void put_in_order();

  std::vector<bound> sources_;
  std::vector<way> ways_;
};

inline constexpr std::string_view bridge_prefix = "ioc/raw/v1/";

}  // namespace ioc::perceive
