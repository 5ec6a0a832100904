#pragma once
#include "perceive/vector_check.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace ioc::perceive::test {

// decoders/NAME/odd_messages.jsonl: what real devices of the family do beside the samples of tests/vectors, in the same format.
// `lines` guards against a file that has shrunk.
inline void expect_odd_messages(std::string const& decoder, std::size_t lines) {
  std::ifstream in(std::string(IOC_SOURCE_DIR "/server/perceive/decoders/") + decoder + "/odd_messages.jsonl");
  std::stringstream text;
  text << in.rdbuf();
  auto const report = check_vectors(text.str());
  EXPECT_EQ(report.total, lines) << "the file has changed";
  for (auto const& f : report.failed) ADD_FAILURE() << f.id << ": " << f.why;
}

}  // namespace ioc::perceive::test
