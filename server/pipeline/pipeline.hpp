#pragma once
#include "core/observation.hpp"
#include "perceive/hearer.hpp"
#include "perceive/presence.hpp"
#include "pipeline/device_registry.hpp"
#include "pipeline/operation.hpp"
#include "pipeline/unit_machine.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ioc::pipeline {

// What one record of the journal, or one tick, brought about in each unit it touched, in order.
using site_outcomes = std::vector<std::pair<std::string, outcomes>>;

// The way of a message, nhận biết → cảnh báo → hỗ trợ quyết định → hành động: perceive hears it, and its unit's machine judges,
// advises and acts. The one place where the four stages meet. Pure: the same records with the same times give the same outcomes,
// which is what lets a restart replay the journal. Owned by the pipeline's thread.
class pipeline {
 public:
  pipeline(std::shared_ptr<perceive::catalogue const> catalogue, std::vector<unit_config> units, core::time_point started);

  // One message, at its arrival. Timers due before come first.
  perceive::verdict hear(core::raw_message const& m, site_outcomes& out);
  // One thing that a person did, at the time of its record.
  operation_result operate(operation const& op, site_outcomes& out);
  // An operation of kind change_registry: devices appear, change and disappear, for perceive and for the rules that select them. Alerts
  // that run keep their identity; those of a device that is withdrawn are closed.
  std::vector<change_result> change(operation const& op, site_outcomes& out);
  // What the same would come to; changes nothing.
  std::vector<change_result> would_change(operation const& op) const;
  // Timers due at or before `now`. Until hold_timers' time nothing fires: what waited in the broker must be heard first, or a
  // restart would call devices silent that were not.
  void tick(core::time_point now, site_outcomes& out);
  void hold_timers(core::time_point until) { hold_until_ = std::max(hold_until_, until); }
  // The connection to the broker went (or we have only just started), or came back: silence is judged only where it could be heard.
  void deaf(core::time_point at);
  void hears(core::time_point at, bool rejoin);
  perceive::hearing const& hearing() const { return hearing_; }
  perceive::presence_state presence_of(core::device const& d, core::time_point now) const;
  std::optional<core::time_point> next_due() const;
  // What the dialects want said to the field by `now`; see hearer::requests_due.
  std::vector<perceive::decoded_request> requests_due(core::time_point now) { return ears_.requests_due(now); }
  void host_connected(core::time_point at) { ears_.host_connected(at); }

  unit_machine const* unit(std::string const& code) const;
  std::map<std::string, unit_machine> const& units() const { return units_; }
  perceive::hearer const& ears() const { return ears_; }
  device_registry const& devices() const { return registry_; }
  // What restore() had to set aside because the configuration has changed, one sentence each.
  std::vector<std::string> const& set_aside() const { return set_aside_; }
  // Takes over what people changed, where there is no saved state: a new machine on the database of another.
  void adopt(device_registry::entry_map entries);
  void prune(core::time_point before);

  // The whole state, to be saved with the journal position that it reflects. Throws core::archive_error on a text it cannot read.
  static constexpr int format = 4, oldest_format = 3;
  std::string save() const;
  void save(core::archive_writer& w) const;
  void restore(std::string_view bytes);

 private:
  void report_flood(perceive::verdict const& heard, core::raw_message const& m, site_outcomes& out);
  void spread(std::set<std::string> const& units, core::time_point now);

  perceive::hearer ears_;
  device_registry registry_;
  std::vector<std::string> set_aside_;
  std::map<std::string, unit_machine> units_;
  core::time_point hold_until_;
  perceive::hearing hearing_;
};

}  // namespace ioc::pipeline
