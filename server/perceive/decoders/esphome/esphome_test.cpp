#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(esphome, real_messages) { test::expect_vectors("esphome", 5); }
TEST(esphome, odd_messages) { test::expect_vectors("esphome", 14, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
