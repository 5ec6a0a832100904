#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(fiware_ul, real_messages) { test::expect_vectors("fiware-ul", 2); }
TEST(fiware_ul, odd_messages) { test::expect_vectors("fiware-ul", 5, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
