#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(ams_reader, real_messages) { test::expect_vectors("amsreader", 1); }
TEST(ams_reader, odd_messages) { test::expect_odd_messages("ams_reader", 11); }

}  // namespace
}  // namespace ioc::perceive
