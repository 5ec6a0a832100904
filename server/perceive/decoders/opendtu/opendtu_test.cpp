#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(opendtu, real_messages) { test::expect_vectors("opendtu", 2); }

}  // namespace
}  // namespace ioc::perceive
