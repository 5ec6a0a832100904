#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(neolink, real_messages) { test::expect_vectors("neolink", 4); }

}  // namespace
}  // namespace ioc::perceive
