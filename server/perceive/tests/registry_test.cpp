#include "perceive/hearer.hpp"

#include <gtest/gtest.h>

namespace ioc::perceive {
namespace {

core::unit commune(std::string code) {
  core::unit u;
  u.code = std::move(code);
  return u;
}

core::device device(std::string unit, std::string id, std::string native) {
  core::device d;
  d.unit = std::move(unit);
  d.id = std::move(id);
  d.native = std::move(native);
  return d;
}

TEST(registry, finds_a_name_for_one_gateway_before_the_name_for_all) {
  auto all = device("03478", "CUA-1", "cua");
  auto one = device("03478", "CUA-2", "kho2");
  one.natives = {"gw2/cua", "24E1"};
  registry const r({commune("03478")}, {all, one});
  EXPECT_EQ(r.by_native("03478", "cua")->id, "CUA-1");
  EXPECT_EQ(r.by_native("03478", "cua", "gw1")->id, "CUA-1");
  EXPECT_EQ(r.by_native("03478", "CUA", "gw2")->id, "CUA-2");
  EXPECT_EQ(r.by_native("03478", "24e1", "gw9")->id, "CUA-2");
  auto clash = device("03478", "CUA-3", "");
  clash.natives = {"24e1"};
  EXPECT_THROW(registry({commune("03478")}, {one, clash}), std::invalid_argument);
}

TEST(registry, refuses_messages_outside_the_time_of_a_unit_code) {
  auto u = commune("03478");
  u.valid_from = core::from_iso("2021-01-01T00:00:00+07:00");
  u.valid_to = core::from_iso("2025-07-01T00:00:00+07:00");
  registry const r({u}, {});
  EXPECT_EQ(r.refusal("03478", *core::from_iso("2025-06-30T16:59:59Z")), "");
  EXPECT_EQ(r.refusal("03478", *core::from_iso("2025-06-30T17:00:00Z")), "the unit code 03478 is not valid any more since 2025-07-01");
  EXPECT_EQ(r.refusal("03478", *core::from_iso("2020-12-31T00:00:00Z")), "the unit code 03478 is valid only from 2021-01-01");
  EXPECT_EQ(r.refusal("99999", *core::from_iso("2025-06-30T16:59:59Z")), "there is no unit 99999");
}

// Two gateways of one unit each have a "cua-1", nobody has registered either; then one is claimed.
TEST(hearer, keeps_the_unclaimed_devices_of_two_gateways_apart) {
  source_info z;
  z.name = "zigbee2mqtt";
  z.decoder = "zigbee2mqtt";
  z.filters = {"zigbee2mqtt/#"};
  auto const known = [&](std::vector<core::device> devices) {
    return std::make_shared<catalogue const>(catalogue::make({{"temperature", "Cel", {}, {}, {}, {}, {}}}, {z}, {}, {commune("03478"), commune("20551")}, std::move(devices)));
  };
  hearer h(known({}));
  auto const say = [&](char const* unit, char const* gateway, double v) {
    core::raw_message m;
    m.topic = std::string("ioc/raw/v1/") + unit + "/" + gateway + "/zigbee2mqtt/cua-1";
    m.payload = "{\"temperature\":" + std::to_string(v) + "}";
    m.arrival = *core::from_iso("2027-07-24T10:00:00Z") + std::chrono::seconds(static_cast<int>(v));
    return h.hear(m).observations.at(0).device;
  };
  auto const first = say("03478", "gw1", 21), second = say("03478", "gw2", 22), elsewhere = say("20551", "gw1", 23);
  EXPECT_NE(first, second);
  EXPECT_NE(first.text(), elsewhere.text());
  EXPECT_EQ(say("03478", "gw1", 24), first);
  EXPECT_EQ(h.unclaimed("03478").size(), 2u);

  auto claimed = device("03478", "CUA-KHO", "");
  claimed.natives = {"gw2/cua-1"};
  h.use(known({claimed}));
  EXPECT_EQ(h.unclaimed("03478").size(), 1u);
  ASSERT_NE(h.view({"03478", "CUA-KHO"}), nullptr) << "what it said before the claim is its own";
  EXPECT_EQ(std::get<double>(h.view({"03478", "CUA-KHO"})->latest.at("temperature").v), 22);
  EXPECT_EQ(say("03478", "gw2", 25).device, "CUA-KHO");
  EXPECT_EQ(say("03478", "gw1", 26), first);
}

TEST(registry, devices_belong_to_communes) {
  core::unit country, province, commune;
  country.code = "vn";
  country.kind = "country";
  province.code = "12";
  province.kind = "province";
  province.parent = "vn";
  commune.code = "03478";
  commune.kind = "commune";
  commune.parent = "12";
  source_info native;
  native.name = native.decoder = "native";
  native.filters = {"ioc/v1/#"};
  hearer h{std::make_shared<catalogue const>(catalogue::make({}, {native}, {}, {country, province, commune}, {}))};
  auto const say = [&](std::string const& unit) {
    core::raw_message m;
    m.topic = "ioc/v1/" + unit + "/D-1/telemetry";
    m.payload = R"({"values":{"x":1}})";
    m.arrival = core::from_ms(1'800'000'000'000);
    return h.hear(m);
  };
  for (auto const* unit : {"vn", "12"}) {
    auto const v = say(unit);
    EXPECT_EQ(v.what, outcome::rejected) << unit;
    EXPECT_NE(v.reason.find("no commune"), std::string::npos) << v.reason;
    EXPECT_TRUE(h.unclaimed(unit).empty());
  }
  EXPECT_EQ(say("03478").what, outcome::stored);
}

}  // namespace
}  // namespace ioc::perceive
