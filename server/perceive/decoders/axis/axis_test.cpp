#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(axis, real_messages) { test::expect_vectors("axis-mqtt", 6); }

}  // namespace
}  // namespace ioc::perceive
