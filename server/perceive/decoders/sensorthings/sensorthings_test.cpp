#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(sensorthings, real_messages) { test::expect_vectors("sensorthings", 1); }
TEST(sensorthings, odd_messages) { test::expect_vectors("sensorthings", 7, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
