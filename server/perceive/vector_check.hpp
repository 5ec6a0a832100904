#pragma once
#include "perceive/decoder.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ioc::perceive {

// Result of a vectors file (tests/vectors/*.jsonl, one real message and what must come of it per line). total = passed + failed +
// not_compared.
struct vector_report {
  struct failure {
    std::string id;
    std::string why;
  };
  // What the decoder made of one line's message, before devices, metrics and units are looked up. `problem`: the line is none that
  // can be played; `failed`: it is not what `expect` says.
  struct message {
    std::size_t line = 0;
    std::string id, family, topic;
    bool compared = false;
    std::string problem, failed;
    decoded made;
  };
  std::size_t total = 0;
  std::size_t passed = 0;
  std::size_t not_compared = 0;
  std::vector<failure> failed;
  std::vector<message> messages;  // in the order of the file
};

// Runs each line's message through the decoder of its family and compares outcome, kind, device, readings (metric, channel,
// unit, value, time), what is forbidden, and commands. A family without a decoder fails with that reason.
// `families` empty = all lines, else only those. A line that is no vector is a failure too. A line without `expect` is only told, as
// if it came at `arrival`; what such lines say before is remembered for those behind them, as in a session.
vector_report check_vectors(std::string_view lines, std::vector<std::string> const& families = {}, core::time_point arrival = core::from_us(0));

}  // namespace ioc::perceive
