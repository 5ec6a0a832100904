#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(rtlamr, real_messages) { test::expect_vectors("rtlamr2mqtt", 2); }
TEST(rtlamr, odd_messages) { test::expect_odd_messages("rtlamr", 7); }

}  // namespace
}  // namespace ioc::perceive
