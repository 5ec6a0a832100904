#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(sonos, real_messages) { test::expect_vectors("sonos2mqtt", 4); }

}  // namespace
}  // namespace ioc::perceive
