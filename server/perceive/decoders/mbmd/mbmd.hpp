#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// mbmd, the Modbus meter gateway: {base}/{device}/{Quantity}[/L1|T1|S1] as "%.3f" text, {base}/status for the gateway as a whole.
// Energies are kWh; its second output follows the Homie convention and is decoded there.
decoded decode_mbmd(decode_input const& in);

}  // namespace ioc::perceive
