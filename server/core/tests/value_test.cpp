#include "core/command.hpp"
#include "core/ids.hpp"
#include "core/severity.hpp"
#include "core/unit.hpp"
#include "core/value.hpp"

#include <gtest/gtest.h>

using namespace ioc::core;

TEST(value, json_text) {
  arguments const a{{"level_pct", 50.0}, {"text", std::string{"a\"b\n\x01"}}, {"on", false}};
  EXPECT_EQ(to_json(a), "{\"level_pct\":50,\"on\":false,\"text\":\"a\\\"b\\n\\u0001\"}");
}

TEST(comparison, rounds_to_nine_decimals) {
  EXPECT_TRUE(holds(0.1 + 0.2, comparison::eq, 0.3));
  EXPECT_TRUE(holds(0.79999999999, comparison::ge, 0.8));
  EXPECT_FALSE(holds(0.799999998, comparison::ge, 0.8));
}

TEST(ids, a_name_gives_one_uuid_and_texts_are_checked) {
  EXPECT_EQ(name_uuid("x"), name_uuid("x"));
  EXPECT_NE(name_uuid("x"), name_uuid("y"));
  auto const id = name_uuid("x");
  EXPECT_EQ(uuid::parse(id.text()), id);
  EXPECT_EQ(id.text()[14], '5');
  EXPECT_FALSE(uuid::parse("6b0c395e-1d57-4f0a-9a7e-3c5211d4802g"));
  EXPECT_TRUE(valid_device_name("WL-01"));
  EXPECT_FALSE(valid_device_name("a/b"));
  EXPECT_FALSE(valid_device_name("."));
  EXPECT_FALSE(valid_device_name(".."));
  EXPECT_TRUE(valid_device_name("...")) << "no step of a path";
  EXPECT_FALSE(valid_device_name(std::string(65, 'a')));
}

TEST(quiet_hours, pass_midnight_in_local_time) {
  quiet_hours const q{std::chrono::hours{21}, std::chrono::hours{5}};
  EXPECT_TRUE(q.contains(*from_iso("2027-07-24T22:30:00+07:00")));
  EXPECT_TRUE(q.contains(*from_iso("2027-07-24T04:59:59+07:00")));
  EXPECT_FALSE(q.contains(*from_iso("2027-07-24T05:00:00+07:00")));
  EXPECT_TRUE(q.contains(*from_iso("2027-07-24T21:00:00+07:00")));
}

TEST(action, the_whole_state_follows_from_the_targets) {
  action a;
  a.targets = {{"A", target_state::succeeded}, {"B", target_state::sent}};
  EXPECT_EQ(a.state(), "sent");
  a.targets[1].state = target_state::failed;
  EXPECT_EQ(a.state(), "partial");
  a.targets[0].state = target_state::failed;
  EXPECT_EQ(a.state(), "failed");
}
