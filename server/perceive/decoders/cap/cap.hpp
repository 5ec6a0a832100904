#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Common Alerting Protocol 1.0-1.2 as XML on any topic. The sender is the device, identifier + sender + sent the identity, `sent` the
// time. The whole alert (references, expiry, areas, languages) is the event's data; the block in the wanted language (setting
// `language`, default vi) gives the readings. What is not Actual, or over on arrival, comes out suspect and under another event name.
decoded decode_cap(decode_input const& in);

}  // namespace ioc::perceive
