#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// SenML packs in JSON (RFC 8428) on any topic: base fields carry over, name = bn + n, time = bt + t (below 2^28: relative to arrival),
// value = bv + v, sum = bs + s. The device is the base name without its last separator, or the DEV URN in the name; the quantity is the
// rest of the name, and where there is none the unit. Records of one device and time are one element. `bver` above 10, a field that ends
// with '_', two values in one record, or a name with characters that the RFC forbids refuse the whole pack.
decoded decode_senml(decode_input const& in);

}  // namespace ioc::perceive
