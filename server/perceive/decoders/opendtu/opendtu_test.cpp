#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(opendtu, real_messages) { test::expect_vectors("opendtu", 2); }
TEST(opendtu, odd_messages) { test::expect_odd_messages("opendtu", 17); }

}  // namespace
}  // namespace ioc::perceive
