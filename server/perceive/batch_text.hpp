#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// Where the elements of a JSON array stand in its text, each without outer blanks; empty for anything but an array. For a payload that a
// decoder has read already: what is no JSON gives something, never an error. Views into `payload`. One pass over the bytes, no tree:
// it serves only what was refused.
std::vector<std::string_view> batch_elements(std::string_view payload);

}  // namespace ioc::perceive
