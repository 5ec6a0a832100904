#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// thin-edge.io: te/{four levels of identity}/{m,e,a,cmd,twin,status}/… and the older tedge/…. A device is its id ("main", "child1"), a service
// device/service. Measurements are numbers, at most one level of groups; a value of another kind or a bad `time` refuses the message, as the
// agent itself does. An empty retained alarm clears it. A command's state is rewritten on its own topic.
decoded decode_thin_edge(decode_input const& in);

}  // namespace ioc::perceive
