#include "adapters/config/load.hpp"

#include <algorithm>

namespace ioc::config {

namespace {
core::duration divided(core::duration d, double speed) { return core::from_seconds(core::to_seconds(d) / speed); }
}  // namespace

void scale(pipeline::unit_config& config, double speed) {
  auto const shrink = [speed](core::duration& d) { d = divided(d, speed); };
  for (auto& r : config.rules) {
    shrink(r.hold);
    shrink(r.window);
    shrink(r.timeout);
    shrink(r.within);
    if (r.clear) shrink(r.clear->hold);
    if (r.requires_broadcast) shrink(r.requires_broadcast->within);
  }
  auto& p = config.policy;
  for (auto& [severity, limit] : p.ack_limit) shrink(limit);
  shrink(p.forward_within);
  shrink(p.backlog_within);
  shrink(p.command_timeout);
  core::device_list devices;
  for (auto d : config.devices) {
    if (d.expected_interval) shrink(*d.expected_interval);
    devices.push_back(std::move(d));
  }
  config.devices = std::move(devices);
}

std::optional<core::duration> shortest_window(pipeline::unit_config const& config) {
  std::optional<core::duration> shortest;
  auto const take = [&](core::duration d) {
    if (d > core::duration{0}) shortest = shortest ? std::min(*shortest, d) : d;
  };
  for (auto const& r : config.rules) {
    take(r.hold);
    take(r.window);
    take(r.timeout);
    take(r.within);
    if (r.clear) take(r.clear->hold);
    if (r.requires_broadcast) take(r.requires_broadcast->within);
  }
  return shortest;
}

}  // namespace ioc::config
