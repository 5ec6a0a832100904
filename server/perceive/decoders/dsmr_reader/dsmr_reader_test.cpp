#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(dsmr_reader, real_messages) { test::expect_vectors("dsmr-reader", 2); }
TEST(dsmr_reader, odd_messages) { test::expect_odd_messages("dsmr_reader", 16); }

}  // namespace
}  // namespace ioc::perceive
