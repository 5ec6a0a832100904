#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(thingsboard, real_messages) { test::expect_vectors("thingsboard", 4); }
TEST(thingsboard, odd_messages) { test::expect_vectors("thingsboard", 16, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
