#include "adapters/mqtt/broker_figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ioc::mqtt {
namespace {

using testing::HasSubstr;

core::time_point at(int minutes) { return core::from_us(1'800'000'000'000'000) + std::chrono::minutes{minutes}; }

TEST(broker_figures, warn_of_drops_for_an_hour_and_over_starts_of_the_broker) {
  broker_figures f;
  std::string const dropped = "$SYS/broker/publish/messages/dropped";
  EXPECT_EQ(f.text(), "");
  EXPECT_TRUE(f.take(dropped, "0", at(0)));
  EXPECT_EQ(f.warning(at(0)), "");
  EXPECT_EQ(f.text(), "0 dropped");
  f.take(dropped, "12", at(1));
  EXPECT_THAT(f.warning(at(60)), HasSubstr("dropped 12 messages"));
  EXPECT_EQ(f.warning(at(61)), "");
  f.take(dropped, "12", at(70));
  EXPECT_EQ(f.warning(at(70)), "") << "no more than before";
  f.take(dropped, "0", at(71));
  EXPECT_EQ(f.warning(at(71)), "") << "the broker started again";
  f.take(dropped, "3", at(72));
  EXPECT_EQ(f.grown, 15u);
  EXPECT_EQ(*f.dropped, 3u);
  EXPECT_THAT(f.warning(at(72)), HasSubstr("dropped 15 messages"));
}

TEST(broker_figures, warn_when_a_queue_may_be_at_eighty_percent) {
  broker_figures f;
  f.take("$SYS/broker/store/messages/count", "799999", at(0));
  f.take("$SYS/broker/store/messages/bytes", "1048576", at(0));
  EXPECT_EQ(f.warning(at(0)), "");
  EXPECT_EQ(f.text(), "0 dropped, store 799999 messages, 1 MiB");
  f.take("$SYS/broker/store/messages/count", "800000", at(0));
  EXPECT_THAT(f.warning(at(0)), HasSubstr("80 %"));
  EXPECT_EQ(f.warning(at(0), {0, 0}), "") << "no limit";
  f.forget_store();
  EXPECT_EQ(f.warning(at(0)), "");
  f.take("$SYS/broker/store/messages/bytes", "500000000", at(0));
  EXPECT_THAT(f.warning(at(0)), HasSubstr("93 %"));
}

TEST(broker_figures, take_nothing_else) {
  broker_figures f;
  EXPECT_FALSE(f.take("$SYS/broker/publish/messages/dropped", "many", at(0)));
  EXPECT_FALSE(f.take("$SYS/broker/publish/messages/dropped", "", at(0)));
  EXPECT_FALSE(f.take("$SYS/broker/uptime", "12", at(0)));
  EXPECT_FALSE(f.dropped);
}

}  // namespace
}  // namespace ioc::mqtt
