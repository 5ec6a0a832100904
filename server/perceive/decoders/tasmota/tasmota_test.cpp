#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(tasmota, real_messages) { test::expect_vectors("tasmota", 14); }
TEST(tasmota, odd_messages) { test::expect_odd_messages("tasmota", 36); }

}  // namespace
}  // namespace ioc::perceive
