#pragma once
#include "perceive/decoder.hpp"

namespace ioc::perceive {

// Homie convention 2 to 5: {base}[/5]/{device}/{node}/{property} as plain text, attributes behind '$'. What a property is comes from its
// $unit and $datatype (kept in memory, Homie 5: from $description) and from its name; mbmd's names are known without them.
decoded decode_homie(decode_input const& in);

}  // namespace ioc::perceive
