#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(ha_discovery, real_messages) { test::expect_vectors("ha-discovery", 2); }
TEST(ha_discovery, odd_messages) { test::expect_vectors("ha-discovery", 32, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
