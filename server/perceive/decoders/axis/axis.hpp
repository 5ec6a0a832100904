#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Axis cameras and speakers, VAPIX MQTT event bridge: {prefix}/{serial}/event/{topic}[/$source/{key}/{value}], the prefix "axis" unless
// changed, with namespaces or without; every value is text. Connect, disconnect and last-will topics and texts are free.
decoded decode_axis(decode_input const& in);

}  // namespace ioc::perceive
