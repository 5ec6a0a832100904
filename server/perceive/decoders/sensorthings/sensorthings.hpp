#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// OGC SensorThings API over MQTT: […/]v1.1/Datastreams(id)/Observations, MultiDatastreams(id)/Observations, Observations with their Datastream
// inside, and the Datastream entities themselves. Unit and observed property stand only in the entity: once it has been heard (memory) or is
// sent along, the result has its quantity; before, it is a raw_value. The device is the (Multi)Datastream, its id the channel.
decoded decode_sensorthings(decode_input const& in);

}  // namespace ioc::perceive
