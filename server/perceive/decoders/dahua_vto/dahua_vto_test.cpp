#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(dahua_vto, real_messages) { test::expect_vectors("dahua-vto", 1); }

}  // namespace
}  // namespace ioc::perceive
