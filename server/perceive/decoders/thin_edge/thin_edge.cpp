#include "perceive/decoders/thin_edge/thin_edge.hpp"

namespace ioc::perceive {

decoded decode_thin_edge(decode_input const&) { return decoded::rejected("the decoder thin_edge is being written"); }

}  // namespace ioc::perceive
