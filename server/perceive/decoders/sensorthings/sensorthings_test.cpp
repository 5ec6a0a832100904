#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(sensorthings, real_messages) { test::expect_vectors("sensorthings", 1); }

}  // namespace
}  // namespace ioc::perceive
