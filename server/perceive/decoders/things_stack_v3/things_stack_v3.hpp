#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// The Things Stack v3: v3/{app}[@{tenant}]/devices/{device}/{up, up/normalized, join, down/queued|sent|ack|nack|failed|push|replace,
// location/solved, service/data}. The stack leaves out what is 0, "" or false; a missing number is missing here, not 0.
// A simulated uplink (typed in at the console) is ignored: nothing has been measured.
decoded decode_things_stack_v3(decode_input const& in);

}  // namespace ioc::perceive
