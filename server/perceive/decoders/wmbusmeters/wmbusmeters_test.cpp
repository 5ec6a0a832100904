#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(wmbusmeters, real_messages) { test::expect_vectors("wmbusmeters", 2); }
TEST(wmbusmeters, odd_messages) { test::expect_odd_messages("wmbusmeters", 8); }

}  // namespace
}  // namespace ioc::perceive
