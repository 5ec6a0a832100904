#pragma once
#include "adapters/mqtt/client.hpp"

namespace ioc::mqtt {

bool is_loopback(std::string_view host);

// "tcp://host:port" or, with a CA file, "ssl://host:port". Throws std::runtime_error with one sentence where options cannot work.
std::string endpoint_uri(options const& o);

// A valid MQTT topic filter: `+` and `#` stand alone in their level, `#` is last, no NUL, at most 65535 bytes.
bool valid_filter(std::string_view filter);

// True when every topic of `inner` matches `outer` as well.
bool covers(std::string_view outer, std::string_view inner);

// Without those that another one covers: Mosquitto delivers a message once for each filter that it matches.
std::vector<std::string> without_covered(std::vector<std::string> filters);

}  // namespace ioc::mqtt
