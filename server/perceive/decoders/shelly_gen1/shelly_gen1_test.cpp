#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(shelly_gen1, real_messages) { test::expect_vectors("shelly-gen1", 13); }

}  // namespace
}  // namespace ioc::perceive
