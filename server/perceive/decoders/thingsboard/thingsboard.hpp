#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// ThingsBoard's MQTT API: v1/devices/me/{telemetry,attributes,rpc,claim,…}, the short v2/{t,a,r}, and v1/gateway/… for devices behind a
// gateway. A device of its own is named by its credentials only: element.native stays empty. Behind a gateway the keys of the payload
// name the devices. `ts` is in milliseconds; each object of an array, and each timestamp, is one element.
decoded decode_thingsboard(decode_input const& in);

}  // namespace ioc::perceive
