#include "perceive/decoders/neolink/neolink.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(neolink, real_messages) { test::expect_vectors("neolink", 4); }

TEST(neolink, status_topics) {
  ear e(decode_neolink);
  EXPECT_EQ(gist(e.hear("neolink/status", "offline")), "accept/status neolink");
  EXPECT_EQ(value_of(e.hear("neolink/status", "connected"), "online"), "true");
  EXPECT_EQ(gist(e.hear("neolink/Cổng chính/a/status/motion", "OFF")), "accept/event Cổng chính/a");
  EXPECT_EQ(gist(e.hear("neolink/c/status/motion", "unknown")), "ignore");
  EXPECT_EQ(gist(e.hear("neolink/c/status/battery_level", "255")), "reject: a battery level lies between 0 and 100");
  EXPECT_EQ(gist(e.hear("neolink/c/status/preview", std::string(300'000, 'A'))), "ignore");
  EXPECT_EQ(value_of(e.hear("neolink/c/status/floodlight_tasks", "on"), "device_state"), "\"floodlight_tasks_on\"");
  EXPECT_EQ(gist(e.hear("neolink/config", "bind = \"0.0.0.0\"\npassword = \"x\"")), "ignore");
}

TEST(neolink, answers_in_xml) {
  ear e(decode_neolink);
  auto const d = e.hear("neolink/c/status/battery",
                        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<BatteryInfo version=\"1.1\"><channelId>0</channelId><chargeStatus>charging</chargeStatus>"
                        "<adapterStatus>solarPanel</adapterStatus><voltage>4012</voltage><current>-120</current><temperature>31</temperature>"
                        "<batteryPercent>83</batteryPercent><lowPower>0</lowPower></BatteryInfo>");
  EXPECT_EQ(gist(d), "accept/telemetry c");
  EXPECT_EQ(value_of(d, "battery_level"), "83 %");
  EXPECT_EQ(value_of(d, "battery_voltage"), "4.012 V");
  EXPECT_EQ(value_of(d, "external_power"), "true");
  EXPECT_EQ(value_of(e.hear("neolink/c/status/pir", "<body><rfAlarmCfg><enable>1</enable></rfAlarmCfg></body>"), "device_state"), "\"pir_on\"");
  auto const bad = e.hear("neolink/c/status/battery", "<!DOCTYPE x [<!ENTITY a \"b\">]><BatteryInfo/>");
  EXPECT_EQ(gist(bad), "reject: XML with a DTD is refused");
  EXPECT_TRUE(bad.security);
  EXPECT_EQ(gist(e.hear("neolink/c/status/battery", "<BatteryInfo>")).substr(0, 15), "reject: not XML");
}

TEST(neolink, commands_have_no_answer) {
  ear e(decode_neolink);
  EXPECT_EQ(command_of(e.hear("neolink/c/control/ir", "auto")), "ir_auto -> ");
  EXPECT_EQ(command_of(e.hear("neolink/c/control/ptz", "left 32.0")), "ptz_left -> ");
  EXPECT_EQ(command_of(e.hear("neolink/c/control/ptz/preset", "2")), "ptz_preset -> ");
  EXPECT_EQ(command_of(e.hear("neolink/c/query/battery", "")), "query_battery -> neolink/c/status/battery");
  EXPECT_EQ(gist(e.hear("neolink/c/control/siren", "off")), "ignore");
}

}  // namespace
}  // namespace ioc::perceive
