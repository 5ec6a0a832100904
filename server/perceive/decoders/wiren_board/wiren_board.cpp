#include "perceive/decoders/wiren_board/wiren_board.hpp"

namespace ioc::perceive {

decoded decode_wiren_board(decode_input const&) { return decoded::rejected("the decoder wiren_board is being written"); }

}  // namespace ioc::perceive
