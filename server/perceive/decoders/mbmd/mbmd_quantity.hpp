#pragma once
#include "perceive/decode_help.hpp"

#include <optional>
#include <string_view>

namespace ioc::perceive {

// Where one of mbmd's measurement names leads ("Power", "ImportL1", "SumT2", "String1Energy", any case); its Homie output uses the same
// names in lower case. `metric` empty = a measurement that is known and not kept. Nothing for a name that mbmd does not have.
std::optional<scalar_rule> mbmd_quantity(std::string_view name);

}  // namespace ioc::perceive
