#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(chirpstack_v4, real_messages) { test::expect_vectors("chirpstack-v4", 12); }
TEST(chirpstack_v4, odd_messages) { test::expect_vectors("chirpstack-v4", 8, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
