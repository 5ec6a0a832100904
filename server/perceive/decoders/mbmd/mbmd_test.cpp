#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(mbmd, real_messages) { test::expect_vectors("mbmd", 3); }

}  // namespace
}  // namespace ioc::perceive
