#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(shelly_gen2, real_messages) { test::expect_vectors("shelly-gen2", 10); }

}  // namespace
}  // namespace ioc::perceive
