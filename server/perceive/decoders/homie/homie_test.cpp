#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(homie, real_messages) { test::expect_vectors("homie", 1); }
TEST(homie, odd_messages) { test::expect_odd_messages("homie", 18); }

}  // namespace
}  // namespace ioc::perceive
