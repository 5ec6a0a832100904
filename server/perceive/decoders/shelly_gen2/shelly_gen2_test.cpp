#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(shelly_gen2, real_messages) { test::expect_vectors("shelly-gen2", 10); }
TEST(shelly_gen2, odd_messages) { test::expect_odd_messages("shelly_gen2", 22); }

}  // namespace
}  // namespace ioc::perceive
