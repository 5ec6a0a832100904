#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(shairport, real_messages) { test::expect_vectors("shairport-sync", 2); }

}  // namespace
}  // namespace ioc::perceive
