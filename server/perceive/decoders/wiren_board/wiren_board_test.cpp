#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(wiren_board, real_messages) { test::expect_vectors("wirenboard", 4); }

}  // namespace
}  // namespace ioc::perceive
