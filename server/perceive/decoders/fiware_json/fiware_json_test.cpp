#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(fiware_json, real_messages) { test::expect_vectors("fiware-json", 5); }

}  // namespace
}  // namespace ioc::perceive
