#include "app/ctl/bridge_file.hpp"

#include <gtest/gtest.h>

using namespace ioc::ctl;

namespace {

TEST(bridge_file, address_is_a_scheme_a_host_and_a_port) {
  for (char const* good : {"mqtts://h:8883", "mqtt://127.0.0.1:1", "mqtts://ioc.example.vn:65535"}) EXPECT_EQ(address_fault(good), "") << good;
  for (char const* bad : {"", "h:8883", "mqtts://h", "mqtts://:8883", "mqtts://h:", "mqtts://h:0", "mqtts://h:65536", "mqtts://h:99999", "mqtts://h:-1", "mqtts://h:88x",
                          "mqtts://h h:1", "mqtts://h\n:1", "mqtts://a@h:1", "mqtts://h:1/x", "http://h:80"})
    EXPECT_NE(address_fault(bad), "") << bad;
}

}  // namespace
