#include "perceive/decoders/axis/axis.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(axis, real_messages) { test::expect_vectors("axis-mqtt", 6); }

decoded axis_event(ear& e, std::string const& topic, std::string const& source, std::string const& data) {
  return e.hear("axis/ACCC8E012345/event/" + topic, R"({"topic":"","timestamp":1767578460000,"message":{"source":)" + source + R"(,"key":{},"data":)" + data + "}}");
}

TEST(axis, events_of_many_kinds) {
  ear e(decode_axis);
  EXPECT_EQ(value_of(axis_event(e, "CameraApplicationPlatform/VMD/Camera1ProfileANY", "{}", R"({"active":"1"})"), "motion_detected/Camera1ProfileANY"), "true");
  auto const fence = axis_event(e, "tns:axis/CameraApplicationPlatform/FenceGuard/Camera1Profile1", "{}", R"({"active":"0"})");
  EXPECT_EQ(value_of(fence, "line_crossing/Camera1Profile1"), "false");
  EXPECT_EQ(value_of(fence, "motion_detected/Camera1Profile1"), "false");
  auto const area = axis_event(e, "tns:axis/CameraApplicationPlatform/ObjectAnalytics/Device1Scenario2", "{}", R"({"active":"1","classTypes":"human","triggerTime":"2026-01-05T09:01:00.000-0400"})");
  EXPECT_EQ(value_of(area, "object_detected/Device1Scenario2"), "\"human\"");
  EXPECT_EQ(time_of(area), "2026-01-05T02:01:00.000Z");
  EXPECT_EQ(value_of(axis_event(e, "tns:onvif/Device/Trigger/Relay/$source/RelayToken/3", R"({"RelayToken":"3"})", R"({"LogicalState":"active"})"), "switch_state/3"), "true");
  EXPECT_EQ(value_of(axis_event(e, "tns:onvif/VideoSource/tns:axis/Tampering", R"({"channel":"1"})", R"({"tampering":"1"})"), "tamper/1"), "true");
  EXPECT_EQ(value_of(axis_event(e, "tns:axis/Storage/Disruption", R"({"disk_id":"SD_DISK"})", R"({"disruption":"1"})"), "storage_failure/SD_DISK"), "true");
  EXPECT_EQ(value_of(axis_event(e, "tns:axis/MediaClip/Playing", "{}", R"({"playing":"0"})"), "playback_state"), "\"stopped\"");
  auto const air = axis_event(e, "tns:axis/AirQualityMonitor/Metadata", "{}", R"({"Temperature":"29.5","PM2.5":"35","Vaping":"0"})");
  EXPECT_EQ(gist(air), "accept/telemetry ACCC8E012345");
  EXPECT_EQ(value_of(air, "pm2_5"), "35 ug/m3");
  EXPECT_EQ(gist(axis_event(e, "tns:onvif/Device/tns:axis/Unheard", "{}", R"({"x":"1"})")), "ignore");
  EXPECT_EQ(gist(axis_event(e, "tns:onvif/Device/tns:axis/Sensor/PIR", "{}", R"({"state":"maybe"})")), "ignore");
}

TEST(axis, own_prefixes_and_connections) {
  ear e(decode_axis);
  auto const body = R"({"topic":"onvif:Device/axis:IO/Port","timestamp":1767578460000,"serial":"B8A44F000001","message":{"source":{"port":"1"},"key":{},"data":{"state":"1"}}})";
  EXPECT_EQ(gist(e.hear("xa/cong-chinh/event/Device/IO/Port", body)), "accept/event B8A44F000001");
  EXPECT_EQ(gist(e.hear("xa/cong-chinh", body)), "accept/event B8A44F000001");
  EXPECT_EQ(value_of(e.hear("disconnected/client_1", "client_1 disconnected"), "online"), "false");
  EXPECT_EQ(value_of(e.hear("LWT/client_1", "client_1 LWT"), "online"), "false");
  EXPECT_EQ(gist(e.hear("axis/ACCC8E012345/status", "Connection lost")), "accept/status ACCC8E012345");
  auto const up = e.hear("axis/ACCC8E012345/event/connection", R"({"connected":true,"description":"Connected"})");
  EXPECT_EQ(gist(up), "accept/status ACCC8E012345");
  EXPECT_EQ(value_of(up, "online"), "true");
  EXPECT_EQ(gist(e.hear("axis/ACCC8E012345/event/x", "{\"topic\":")).substr(0, 16), "reject: not JSON");
  EXPECT_EQ(gist(e.hear("axis/ACCC8E012345/event/x", "", true)), "ignore");
  EXPECT_EQ(gist(e.hear("axis/ACCC8E012345/event/x", "\xFF\xD8\xFF")), "reject: an Axis event is a JSON object");
}

}  // namespace
}  // namespace ioc::perceive
