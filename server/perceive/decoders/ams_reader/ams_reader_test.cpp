#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(ams_reader, real_messages) { test::expect_vectors("amsreader", 1); }

}  // namespace
}  // namespace ioc::perceive
