#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// DSMR-reader (P1 port of smart meters): {base}/json, {base}/reading/{field}, {base}/raw (the telegram with OBIS codes), {base}/day-totals,
// {base}/consumption/gas, {base}/meter-stats. Decimals come as text, power in kW; "delivered" is delivered to the client = import.
decoded decode_dsmr_reader(decode_input const& in);

}  // namespace ioc::perceive
