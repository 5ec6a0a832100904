#pragma once
#include "sim/link.hpp"

#include <atomic>
#include <string>

namespace ioc::sim {

// Steady load of native telemetry, QoS 1, `ts` and `seq` in every record, raw_value = seq.
// Each acknowledged record stands in `out` as "device seq" (a line each, written at once), so that a test can ask the
// database for exactly these. What a dead broker did not acknowledge is sent again until it is.
struct load_plan {
  int devices = 200;
  double rate = 2000;  // records a second, all devices together
  double seconds = 10;
  std::string unit;
  std::string prefix = "LOAD-";
  std::string out;
};

// Exit code: 0 = all was acknowledged, 1 = something was not.
int run_load(load_plan const& plan, broker_address const& where, std::atomic<bool> const& stop);

}  // namespace ioc::sim
