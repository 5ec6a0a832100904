#include "perceive/decoders/dahua_vto/dahua_vto.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(dahua_vto, real_messages) { test::expect_vectors("dahua-vto", 1); }

decoded vto(ear& e, std::string const& code, std::string const& action, std::string const& data) {
  return e.hear("DahuaVTO/" + code + "/Event", R"({"Action":")" + action + R"(","Data":)" + data + R"(,"deviceType":"VTO2202F","serialNumber":"4K05"})");
}

TEST(dahua_vto, events) {
  ear e(decode_dahua_vto);
  EXPECT_EQ(value_of(vto(e, "VideoMotion", "stop", R"({"UTC":"1583174668"})"), "motion_detected"), "false");
  EXPECT_EQ(value_of(vto(e, "VideoBlind", "Start", "{}"), "tamper"), "true");
  auto const local = vto(e, "AlarmLocal", "Stop", R"({"LocaleTime":"2020-03-02 20:11:16"})");
  EXPECT_EQ(value_of(local, "alarm"), "false");
  EXPECT_EQ(time_of(local), "2020-03-02T13:11:16.000Z");  // naive: the configured zone
  auto const door = vto(e, "AccessControl", "Pulse", R"({"Name":"OpenDoor","Method":4,"Status":1,"UserID":"12","UTC":1583173448})");
  EXPECT_EQ(gist(door), "accept/event 4K05");
  EXPECT_EQ(value_of(door, "door_lock_event"), "\"OpenDoor\"");
  EXPECT_EQ(value_of(vto(e, "DoorStatus", "Pulse", R"({"Status":"Open"})"), "door_open"), "true");
  EXPECT_EQ(value_of(vto(e, "APConnect", "Stop", R"({"Error":"SSIDNotValid"})"), "device_fault/wifi"), "false");
  EXPECT_EQ(vto(e, "Invite", "Pulse", "{}").elements.front().events.front().name, "Invite");
  EXPECT_EQ(gist(vto(e, "NTPAdjustTime", "Pulse", "{}")), "ignore");
  EXPECT_EQ(gist(vto(e, "VideoMotion", "Perhaps", "{}")), "reject: Action is Start, Stop or Pulse");
  EXPECT_EQ(gist(e.hear("vto/cong/VideoMotion/Event", R"({"Action":"Start"})")), "accept/event vto/cong");
  EXPECT_EQ(gist(e.hear("DahuaVTO/VideoMotion/Event", "[1]")), "reject: a DahuaVTO event is an object");
}

TEST(dahua_vto, opens_a_door) {
  ear e(decode_dahua_vto);
  auto const d = e.hear("DahuaVTO/Command/Open", "");
  EXPECT_EQ(gist(d), "accept/command DahuaVTO");
  EXPECT_EQ(command_of(d), "open_door -> ");
}

}  // namespace
}  // namespace ioc::perceive
