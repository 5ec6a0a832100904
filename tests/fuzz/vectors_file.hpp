#pragma once
#include "fuzz_input.hpp"

#include <string>
#include <vector>

namespace ioc::fuzz {

// A line of tests/vectors/*.jsonl with the messages that go before it.
struct seed {
  std::string id;
  std::string family;
  std::vector<message> messages;  // the line's own is the last
};

// All lines of the shipped file; throws std::runtime_error when it cannot be read or a line is none.
std::vector<seed> seeds();

}  // namespace ioc::fuzz
