#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(fiware_json, real_messages) { test::expect_vectors("fiware-json", 5); }
TEST(fiware_json, odd_messages) { test::expect_vectors("fiware-json", 6, "networks-and-platforms.jsonl"); }

}  // namespace
}  // namespace ioc::perceive
