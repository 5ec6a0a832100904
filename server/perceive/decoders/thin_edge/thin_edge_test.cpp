#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(thin_edge, real_messages) { test::expect_vectors("thin-edge", 3); }

}  // namespace
}  // namespace ioc::perceive
