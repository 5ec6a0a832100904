#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(ha_siren, real_messages) { test::expect_vectors("ha-siren", 2); }

}  // namespace
}  // namespace ioc::perceive
