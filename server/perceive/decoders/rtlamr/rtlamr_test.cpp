#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(rtlamr, real_messages) { test::expect_vectors("rtlamr2mqtt", 2); }

}  // namespace
}  // namespace ioc::perceive
