#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Hermes audio (Rhasspy): WAV bytes to hermes/audioServer/{site}/playBytes/{request}, answered by …/playFinished {"id"} when they have
// been played; speech by hermes/tts/say and sayFinished. Microphone frames are recognised by topic and never kept.
decoded decode_hermes(decode_input const& in);

}  // namespace ioc::perceive
