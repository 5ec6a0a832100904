#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// Result of a vectors file (tests/vectors/*.jsonl, one real message and what must come of it per line).
struct vector_report {
  struct failure {
    std::string id;
    std::string why;
  };
  std::size_t total = 0;
  std::size_t passed = 0;
  std::vector<failure> failed;
};

// Runs each line's message through the decoder of its family and compares outcome, kind, device, readings (metric, channel,
// unit, value, time), what is forbidden, and commands. A family without a decoder fails with that reason.
// `families` empty = all lines, else only those. A line that is no vector is a failure too.
vector_report check_vectors(std::string_view lines, std::vector<std::string> const& families = {});

}  // namespace ioc::perceive
