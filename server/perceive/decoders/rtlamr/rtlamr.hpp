#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// rtlamr2mqtt, a radio reader of utility meters: {base}/{meter}/state with {reading, lastseen}, a bare number or rtlamr's own message;
// {base}/{meter}/attributes with the raw counter; {base}/status for the reader. The unit of a reading is never in the message.
decoded decode_rtlamr(decode_input const& in);

}  // namespace ioc::perceive
