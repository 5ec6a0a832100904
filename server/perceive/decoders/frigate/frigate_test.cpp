#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(frigate, real_messages) { test::expect_vectors("frigate", 10); }

}  // namespace
}  // namespace ioc::perceive
