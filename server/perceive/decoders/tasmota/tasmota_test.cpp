#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(tasmota, real_messages) { test::expect_vectors("tasmota", 14); }

}  // namespace
}  // namespace ioc::perceive
