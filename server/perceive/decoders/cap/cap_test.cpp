#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(cap, real_messages) { test::expect_vectors("cap-1.2", 1); }

}  // namespace
}  // namespace ioc::perceive
