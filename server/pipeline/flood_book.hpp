#pragma once
#include "core/ids.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ioc::pipeline {

// What became of the account of one that floods. wanted: it shall be disabled, and nobody has answered yet.
enum class cut_state : std::uint8_t { wanted, disabled, no_account, impossible };
std::string_view to_text(cut_state s);

// One publisher that was above its quota for ten seconds. Times are arrivals; `refused` counts this flood's messages until it was decided.
struct flood_case {
  core::device_ref who;  // unit and device, or unit and a gateway's name
  bool bridged = false;
  std::string topic;  // of the message at which it was decided
  core::time_point since, decided;
  std::uint64_t refused = 0;
  double quota_per_s = 0;
  cut_state cut = cut_state::wanted;
  std::string account;  // once somebody has answered
  std::string why;      // of no_account and impossible
  template <class A>
  void io(A& a) { a(who, bridged, topic, since, decided, refused, quota_per_s, cut, account, why); }
};

// The last flood of each publisher, by perceive::publisher_name, until an admin enables the account again. Pure; part of the pipeline's
// saved state, so that an account which was to be disabled when the server died is disabled after its return, and no other.
using flood_book = std::map<std::string, flood_case>;

// The sentences that stand in the alert of a flood, in Vietnamese: when it is raised, and once the account's fate is known.
std::string told_at_raise(flood_case const& f);
std::string told_of_cut(flood_case const& f);

}  // namespace ioc::pipeline
