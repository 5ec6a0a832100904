#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(thingsboard, real_messages) { test::expect_vectors("thingsboard", 4); }

}  // namespace
}  // namespace ioc::perceive
