#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// OpenDTU, a gateway of Hoymiles solar inverters: {base}/{serial}/{channel}/{field}, channel 0 = AC side, 1… = DC inputs; {base}/ac|dc/…
// are sums over all inverters, {base}/dtu/… the gateway. The base may hold '/'. An inverter that cannot be reached at night is normal.
decoded decode_opendtu(decode_input const& in);

}  // namespace ioc::perceive
