#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Reolink cameras behind neolink: neolink/{camera}/status/…, /control/… and /query/…, neolink/status for the bridge. Status words are
// plain text, answers to queries are XML. Pictures and configurations are recognised by topic and not kept.
decoded decode_neolink(decode_input const& in);

}  // namespace ioc::perceive
