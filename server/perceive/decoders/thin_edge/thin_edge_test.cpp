#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(thin_edge, real_messages) { test::expect_vectors("thin-edge", 3); }
TEST(thin_edge, odd_messages) { test::expect_vectors("thin-edge", 14, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
