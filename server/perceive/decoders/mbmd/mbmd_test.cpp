#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(mbmd, real_messages) { test::expect_vectors("mbmd", 3); }
TEST(mbmd, odd_messages) { test::expect_odd_messages("mbmd", 10); }

}  // namespace
}  // namespace ioc::perceive
