#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(rtl_433, real_messages) { test::expect_vectors("rtl_433", 4); }
TEST(rtl_433, odd_messages) { test::expect_vectors("rtl_433", 9, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
