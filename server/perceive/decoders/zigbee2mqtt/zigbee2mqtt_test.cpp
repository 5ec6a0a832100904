#include "perceive/decoder.hpp"
#include "perceive/tests/vectors_support.hpp"

namespace ioc::perceive {
namespace {

TEST(zigbee2mqtt, real_messages) { test::expect_vectors("zigbee2mqtt", 11); }
TEST(zigbee2mqtt, odd_messages) { test::expect_vectors("zigbee2mqtt", 11, "networks-and-platforms.jsonl"); }

// The inventory as Zigbee2MQTT writes it for an Aqara contact sensor, a water sensor, a climate sensor and a plug.
TEST(zigbee2mqtt, inventory_gives_a_type_where_what_is_exposed_tells_it) {
  auto const decode = find_family("zigbee2mqtt");
  ASSERT_TRUE(decode);
  auto const type = [&](std::string const& exposes) {
    dialect_memory memory;
    decoder_settings const settings;
    auto const payload = R"([{"type":"EndDevice","friendly_name":"x","definition":{"vendor":"Aqara","model":"MCCGQ11LM","description":"Door and window sensor","exposes":[)" + exposes + "]}}]";
    auto const d = decode({"zigbee2mqtt/bridge/devices", payload, core::from_us(0), true, &settings, &memory, {}});
    return d.discovered.size() == 1 ? d.discovered[0].type : "nothing: " + d.reason;
  };
  std::string const battery = R"({"type":"numeric","property":"battery","unit":"%"},{"type":"numeric","property":"device_temperature","unit":"°C"},)";
  EXPECT_EQ(type(battery + R"({"type":"binary","property":"contact","value_on":false,"value_off":true})"), "door");
  EXPECT_EQ(type(battery + R"({"type":"binary","property":"water_leak"})"), "leak_sensor");
  EXPECT_EQ(type(R"({"type":"numeric","property":"temperature"},{"type":"numeric","property":"humidity"})"), "thermometer");
  EXPECT_EQ(type(R"({"type":"switch","features":[{"type":"binary","property":"state"}]},{"type":"numeric","property":"temperature"})"), "");
  EXPECT_EQ(type(R"({"type":"enum","property":"action"})"), "");
}

}  // namespace
}  // namespace ioc::perceive
