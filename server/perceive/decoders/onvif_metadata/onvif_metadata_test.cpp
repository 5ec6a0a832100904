#include "perceive/decoders/onvif_metadata/onvif_metadata.hpp"
#include "perceive/tests/decode_support.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

using test::command_of, test::ear, test::gist, test::time_of, test::value_of;

TEST(onvif_metadata, real_messages) { test::expect_vectors("onvif-mj", 1); }

TEST(onvif_metadata, frames_are_counted_by_class) {
  ear e(decode_onvif_metadata);
  auto const d = e.hear("commune/cam1/onvif-mj/VideoAnalytics/1/MyClassifier", R"({"Frame":[{"@UtcTime":"2021-10-05T15:13:27.321","@Source":"MyClassifier","Object":[
    {"@ObjectId":"15","Appearance":{"Class":{"Type":[{"@Likelihood":"0.8","#text":"Human"}]},"HumanFace":{"Gender":"Male"}},"Behaviour":{"Speed":"10"}},
    {"@ObjectId":16,"Appearance":{"Class":{"Type":{"#text":"Vehicle","@Likelihood":0.9}},"LicensePlateInfo":{"PlateNumber":{"@Likelihood":"0.9","#text":"29A-123.45"}}}},
    {"@ObjectId":17,"Appearance":{"Class":{"Type":"Human"}}}]}]})");
  EXPECT_EQ(gist(d), "accept/telemetry commune/cam1");
  EXPECT_EQ(time_of(d), "2021-10-05T15:13:27.321Z");  // without Z it is UTC all the same
  EXPECT_EQ(value_of(d, "object_count/MyClassifier"), "3 1");
  EXPECT_EQ(value_of(d, "object_count/MyClassifier/Human"), "2 1");
  EXPECT_EQ(value_of(d, "object_detected/MyClassifier"), "\"Vehicle\"");
  EXPECT_EQ(value_of(d, "object_score/MyClassifier"), "0.9 1");
  EXPECT_EQ(value_of(d, "license_plate/MyClassifier"), "\"29A-123.45\"");
  EXPECT_EQ(value_of(d, "speed/MyClassifier"), "36 km/h");
  for (auto const& r : d.elements.front().readings) EXPECT_EQ(r.full_name().find("Gender"), std::string::npos);
}

TEST(onvif_metadata, odd_frames) {
  ear e(decode_onvif_metadata);
  auto const topic = "cam/onvif-mj/VideoAnalytics/1/M";
  EXPECT_EQ(value_of(e.hear(topic, R"({"Frame":{"@UtcTime":"2026-01-05T02:00:00Z"}})"), "object_count/M"), "0 1");
  EXPECT_EQ(gist(e.hear(topic, R"({"Frame":[{"@UtcTime":"2026-01-05T02:00:00Z","PTZStatus":{}}]})")), "ignore");
  EXPECT_EQ(e.hear(topic, R"({"Frame":[{"Object":null},{"Object":{}}]})").elements.size(), 2u);
  EXPECT_EQ(gist(e.hear(topic, R"({"Frame":[{"@UtcTime":"2021-10-05T15:13:27.321" "x"}]})")).substr(0, 16), "reject: not JSON");  // as the specification prints it
  EXPECT_EQ(gist(e.hear(topic, "{}")), "reject: analytics metadata needs Frame");
  EXPECT_EQ(gist(e.hear(topic, "", true)), "ignore");
  EXPECT_EQ(gist(e.hear("cam/onvif-mj/PTZ/1/2", R"({"PTZStatus":{}})")), "ignore");
}

TEST(onvif_metadata, sensors) {
  ear e(decode_onvif_metadata);
  auto const hot = e.hear("d/onvif-mj/SensorData/Temperature", R"({"SensorData":{"@UtcTime":"2025-07-15T14:30:00Z","@SensorID":"t1","Value":"298.65"}})");
  EXPECT_EQ(value_of(hot, "temperature/t1"), "298.65 Cel");
  EXPECT_EQ(hot.elements.front().readings.front().q, core::quality::suspect);  // kelvin, most likely
  EXPECT_EQ(value_of(e.hear("d/onvif-mj/SensorData/AbsoluteHumidity", R"({"SensorData":[{"@SensorID":7,"Value":9.5}]})"), "absolute_humidity/7"), "9.5 g/m3");
  EXPECT_EQ(gist(e.hear("d/onvif-mj/SensorData/Temperature", R"({"SensorData":{"@SensorID":"t1","Value":null}})")), "ignore");
  EXPECT_EQ(gist(e.hear("d/onvif-mj/SensorData/Radiation", R"({"SensorData":{"Value":1}})")), "ignore");
}

}  // namespace
}  // namespace ioc::perceive
