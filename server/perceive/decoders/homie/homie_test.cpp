#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(homie, real_messages) { test::expect_vectors("homie", 1); }

}  // namespace
}  // namespace ioc::perceive
