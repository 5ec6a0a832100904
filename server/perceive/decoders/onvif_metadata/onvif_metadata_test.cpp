#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(onvif_metadata, real_messages) { test::expect_vectors("onvif-mj", 1); }

}  // namespace
}  // namespace ioc::perceive
