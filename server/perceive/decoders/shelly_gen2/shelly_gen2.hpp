#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Shelly Gen2 and later: {prefix}/status/{component}, {prefix}/events/rpc, {prefix}/online, {prefix}/rpc.
// Phases a b c n are L1 L2 L3 N; energies arrive in Wh; what a component's errors[] names is bad.
decoded decode_shelly_gen2(decode_input const& in);

}  // namespace ioc::perceive
