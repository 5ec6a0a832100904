#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(shelly_gen1, real_messages) { test::expect_vectors("shelly-gen1", 13); }
TEST(shelly_gen1, odd_messages) { test::expect_odd_messages("shelly_gen1", 26); }

}  // namespace
}  // namespace ioc::perceive
