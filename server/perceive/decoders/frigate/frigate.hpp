#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Frigate: frigate/{camera}/{label}, motion, audio, status/{role}, events, stats …. Images are recognised by topic
// and ignored; people are counted, never recognised.
decoded decode_frigate(decode_input const& in);

}  // namespace ioc::perceive
