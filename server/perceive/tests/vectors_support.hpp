#pragma once
#include "perceive/vector_check.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace ioc::perceive::test {

// All messages of a family in tests/vectors come out as the vendor means them; `lines` guards against a file that has shrunk.
inline void expect_vectors(char const* family, std::size_t lines, std::string const& file = "device-payloads.jsonl") {
  std::ifstream in(IOC_SOURCE_DIR "/tests/vectors/" + file);
  std::stringstream text;
  text << in.rdbuf();
  auto const report = check_vectors(text.str(), {family});
  EXPECT_EQ(report.total, lines) << "the vectors file has changed";
  for (auto const& f : report.failed) ADD_FAILURE() << f.id << ": " << f.why;
}

}  // namespace ioc::perceive::test
