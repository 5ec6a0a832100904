#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(wmbusmeters, real_messages) { test::expect_vectors("wmbusmeters", 2); }

}  // namespace
}  // namespace ioc::perceive
