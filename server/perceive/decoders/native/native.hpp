#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// native topics ioc/v1/{unit}/{device}/{telemetry,event,status,ack}; the shapes stand in proto/README.md.
// The server's own kinds (command, drill, receipt) are refused: only an intruder sends them to the server.
decoded decode_native(decode_input const& in);

}  // namespace ioc::perceive
