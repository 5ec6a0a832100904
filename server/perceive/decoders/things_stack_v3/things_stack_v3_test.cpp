#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(things_stack_v3, real_messages) { test::expect_vectors("tts-v3", 6); }
TEST(things_stack_v3, odd_messages) { test::expect_vectors("tts-v3", 11, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
