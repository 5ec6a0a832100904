#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// AMS reader, a DLMS/COSEM HAN-port gateway: JSON on one topic or {topic}/list1-4 (nested under "data" or flat), or raw mode with one
// topic a quantity. The device is the meter (meterId), not the gateway (id = its MAC); short messages leave the meter out, so the
// memory keeps which meter the gateway last named.
decoded decode_ams_reader(decode_input const& in);

}  // namespace ioc::perceive
