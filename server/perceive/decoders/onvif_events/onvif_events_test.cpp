#include "perceive/tests/odd_messages.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(onvif_events, real_messages) { test::expect_vectors("onvif-ej", 8); }
TEST(onvif_events, odd_messages) { test::expect_odd_messages("onvif_events", 5); }

}  // namespace
}  // namespace ioc::perceive
