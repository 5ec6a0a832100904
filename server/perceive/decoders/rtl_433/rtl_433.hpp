#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// rtl_433, a receiver of small radio sensors: {base}/{host}/events (one JSON object a reception), …/devices/{model}/{channel}/{id}/{field}
// (one scalar a topic), …/availability, …/states. Units stand at the end of a key (temperature_C, wind_avg_km_h, rain_in). A sensor is
// model/channel/id; `time` is the receiver's local clock unless it was told otherwise, "@0.16s" is a position in a replayed file.
decoded decode_rtl_433(decode_input const& in);

}  // namespace ioc::perceive
