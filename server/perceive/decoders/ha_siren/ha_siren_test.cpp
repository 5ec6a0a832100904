#include "perceive/decoders/ha_siren/ha_siren.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(ha_siren, real_messages) { test::expect_vectors("ha-siren", 2); }

TEST(ha_siren, discovery_names_topics_and_words) {
  ear e(decode_ha_siren);
  auto const config = e.hear("homeassistant/siren/gara/config",
                             R"({"~":"stat/SIREN","uniq_id":"tasmota_siren","name":"Còi gara","stat_t":"~/RESULT","cmd_t":"cmnd/SIREN/POWER","avty_t":"tele/SIREN/LWT",
                                 "stat_val_tpl":"{{ value_json.POWER }}","pl_avail":"Online","pl_not_avail":"Offline","dev":{"mf":"Sonoff","sw":"13.1"}})", true);
  EXPECT_EQ(gist(config), "accept/status tasmota_siren");
  EXPECT_EQ(value_of(config, "firmware_version"), "\"13.1\"");
  ASSERT_EQ(config.discovered.size(), 1u);
  EXPECT_EQ(config.discovered.front().type, "siren");
  auto const on = e.hear("stat/SIREN/RESULT", R"({"POWER":"ON"})");
  EXPECT_EQ(gist(on), "accept/status tasmota_siren");
  EXPECT_EQ(value_of(on, "siren_state"), "true");
  EXPECT_EQ(command_of(e.hear("cmnd/SIREN/POWER", "OFF")), "siren_off -> stat/SIREN/RESULT");
  EXPECT_EQ(value_of(e.hear("tele/SIREN/LWT", "Offline"), "online"), "false");
  EXPECT_EQ(gist(e.hear("homeassistant/siren/gara/config", "", true)), "ignore");
  EXPECT_TRUE(e.memory.all().empty());
}

TEST(ha_siren, states) {
  ear e(decode_ha_siren);
  EXPECT_EQ(value_of(e.hear("home/alarm/siren1", "OFF"), "siren_state"), "false");
  EXPECT_EQ(gist(e.hear("home/alarm/siren1", "None")), "ignore");
  EXPECT_EQ(gist(e.hear("home/alarm/siren1", "null")), "ignore");
  auto const d = e.hear("home/alarm/siren1/state", R"({"state":null,"volume_level":"0.7"})");
  EXPECT_EQ(gist(d), "accept/status siren1");
  EXPECT_EQ(value_of(d, "volume"), "70 %");
  EXPECT_EQ(value_of(d, "siren_state"), "-");
  EXPECT_EQ(value_of(e.hear("home/alarm/siren1", R"({"state":"ON","volume_level":7})"), "volume"), "-");
  EXPECT_EQ(gist(e.hear("home/alarm/siren1", "perhaps")), "reject: a siren's state is ON, OFF or None");
  EXPECT_EQ(value_of(e.hear("home/alarm/siren1/available", "offline"), "online"), "false");
  EXPECT_EQ(command_of(e.hear("home/alarm/siren1/set", R"({"state":"OFF"})")), "siren_off -> home/alarm/siren1");
  EXPECT_EQ(gist(e.hear("homeassistant/siren/a/config", R"({"command_topic":"c","state_topic":"s","value_template":"{% if x %}"})")),
            "reject: only templates of the form {{ value_json.key }} are understood");
}

TEST(ha_siren, own_words) {
  ear e(decode_ha_siren);
  e.hear("homeassistant/siren/n1/o1/config", R"({"state_topic":"a/b","command_topic":"a/b/do","payload_on":"LOUD","payload_off":"QUIET","state_on":"1"})");
  EXPECT_EQ(gist(e.hear("a/b", "1")), "accept/status o1");
  EXPECT_EQ(value_of(e.hear("a/b", "QUIET"), "siren_state"), "false");
}

}  // namespace
}  // namespace ioc::perceive
