#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(dsmr_reader, real_messages) { test::expect_vectors("dsmr-reader", 2); }

}  // namespace
}  // namespace ioc::perceive
