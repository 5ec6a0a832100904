#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(onvif_events, real_messages) { test::expect_vectors("onvif-ej", 8); }

}  // namespace
}  // namespace ioc::perceive
