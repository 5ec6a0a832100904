#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(wiren_board, real_messages) { test::expect_vectors("wirenboard", 4); }
TEST(wiren_board, odd_messages) { test::expect_odd_messages("wiren_board", 22); }

}  // namespace
}  // namespace ioc::perceive
