#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(zigbee2mqtt, real_messages) { test::expect_vectors("zigbee2mqtt", 11); }
TEST(zigbee2mqtt, odd_messages) { test::expect_vectors("zigbee2mqtt", 11, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
