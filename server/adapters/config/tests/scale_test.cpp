#include "adapters/config/load.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

config::scenario story(std::string const& name) { return config::load_scenario(std::string(IOC_SOURCE_DIR) + "/tests/scenarios/" + name + ".yaml"); }

TEST(scale, divides_every_length_and_nothing_else) {
  auto s = story("s1-flash-flood-night");
  auto const before = s.config;
  config::scale(s.config, 60);
  EXPECT_EQ(s.config.rules[0].window, seconds{60});
  EXPECT_EQ(s.config.rules[0].clear->hold, seconds{30});
  EXPECT_EQ(s.config.rules[0].value, before.rules[0].value);
  EXPECT_EQ(s.config.rules[7].within, seconds{60});
  EXPECT_EQ(s.config.policy.ack_limit.at(core::severity::danger), seconds{2});
  EXPECT_EQ(s.config.policy.command_timeout, milliseconds{250});
  EXPECT_EQ(s.config.policy.backlog_within, seconds{1});
  EXPECT_EQ(s.config.policy.command_retries, 2);
  EXPECT_EQ(s.config.policy.quiet->from, before.policy.quiet->from);

  auto s3 = story("s3-loudspeaker-outage");
  config::scale(s3.config, 60);
  EXPECT_EQ(s3.config.rules[0].timeout, seconds{3});
  EXPECT_EQ(s3.config.rules[2].requires_broadcast->within, seconds{60});
  EXPECT_EQ(s3.config.devices[0].expected_interval, seconds{1});
}

TEST(shortest_window, is_that_of_the_rules) {
  EXPECT_EQ(config::shortest_window(story("s1-flash-flood-night").config), seconds{600});
  EXPECT_EQ(config::shortest_window(story("s5-smoke-cultural-house").config), seconds{5});
  EXPECT_EQ(config::shortest_window(story("s7-camera-sabotage").config), seconds{90});
  EXPECT_FALSE(config::shortest_window(pipeline::unit_config{}));
}

}  // namespace
