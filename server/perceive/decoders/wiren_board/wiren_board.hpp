#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Wiren Board's MQTT convention: /devices/{device}/controls/{control} as text, {…}/on for commands, {…}/meta (JSON) or {…}/meta/type,
// units, error (text) for what a control is. Meta is kept in memory; without it the usual control names are understood by themselves.
// While meta/error holds "r" the control repeats its last good value: such a value is bad.
decoded decode_wiren_board(decode_input const& in);

}  // namespace ioc::perceive
