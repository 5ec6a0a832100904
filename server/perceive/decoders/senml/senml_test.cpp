#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(senml, real_messages) { test::expect_vectors("senml", 3); }
TEST(senml, odd_messages) { test::expect_vectors("senml", 11, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
