#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(ha_discovery, real_messages) { test::expect_vectors("ha-discovery", 2); }

}  // namespace
}  // namespace ioc::perceive
