#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(hermes, real_messages) { test::expect_vectors("hermes-audio", 2); }

}  // namespace
}  // namespace ioc::perceive
