#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(senml, real_messages) { test::expect_vectors("senml", 3); }

}  // namespace
}  // namespace ioc::perceive
