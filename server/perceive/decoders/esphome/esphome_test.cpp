#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(esphome, real_messages) { test::expect_vectors("esphome", 5); }

}  // namespace
}  // namespace ioc::perceive
