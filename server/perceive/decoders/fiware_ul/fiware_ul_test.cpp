#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(fiware_ul, real_messages) { test::expect_vectors("fiware-ul", 2); }

}  // namespace
}  // namespace ioc::perceive
