#include "perceive/tests/fixture.hpp"
#include "perceive/ucum.hpp"

#include <gtest/gtest.h>

namespace ioc::perceive {
namespace {

TEST(filters, fit_as_mqtt_says) {
  struct row {
    char const* filter;
    char const* topic;
    bool fits;
  };
  for (row const& r : {row{"a/b", "a/b", true}, row{"a/b", "a/c", false}, row{"a/b", "a", false}, row{"a", "a/b", false}, row{"a/+", "a/b", true},
                       row{"a/+", "a/b/c", false}, row{"a/+", "a/", true}, row{"a/+", "a", false}, row{"+/+", "/x", true}, row{"a/#", "a/b/c", true},
                       row{"a/#", "a", true}, row{"a/#", "ab", false}, row{"#", "anything/at/all", true}, row{"#", "$SYS/x", false}, row{"+/x", "$SYS/x", false},
                       row{"$SYS/#", "$SYS/x", true}, row{"+/onvif-ej/#", "cam/onvif-ej/A/&1", true}, row{"+/onvif-ej/#", "a/cam/onvif-ej/A", false},
                       row{"a/+/c", "a/b/c", true}, row{"a/+/c", "a/b/d", false}, row{"", "", true}})
    EXPECT_EQ(topic_fits(r.filter, r.topic), r.fits) << r.filter << " and " << r.topic;
}

TEST(filters, are_valid_or_not) {
  for (char const* good : {"a", "a/b", "+", "#", "a/+/b", "a/#", "/", "+/+/#"}) EXPECT_TRUE(valid_filter(good)) << good;
  for (char const* bad : {"", "a#", "a/#/b", "a+", "+a/b", "a/b#"}) EXPECT_FALSE(valid_filter(bad)) << bad;
}

TEST(filters, the_narrower_takes_the_message_once) {
  std::vector<source_info> sources(3);
  sources[0].name = "wide";
  sources[0].decoder = "zigbee2mqtt";
  sources[0].filters = {"#"};
  sources[1].name = "middle";
  sources[1].decoder = "frigate";
  sources[1].filters = {"frigate/#"};
  sources[2].name = "narrow";
  sources[2].decoder = "frigate";
  sources[2].filters = {"frigate/+/person"};
  sources[0].unit = sources[1].unit = sources[2].unit = "03478";
  source_table const table(sources);
  auto const taken = [&](char const* topic) { return table.route(topic).source ? table.route(topic).source->info.name : "nobody"; };
  EXPECT_EQ(taken("frigate/cam/person"), "narrow");
  EXPECT_EQ(taken("ioc/raw/v1/03478/gw/frigate/cam/person"), "narrow");
  EXPECT_EQ(taken("frigate/stats"), "middle");
  EXPECT_EQ(taken("other"), "wide");
  EXPECT_EQ(taken("ioc/raw/v1/03478/gw"), "nobody") << "a bridged topic without a vendor's part";
  EXPECT_EQ(table.route("other").unit, "03478");
  EXPECT_EQ(table.route("ioc/raw/v1/20551/gw/frigate/stats").unit, "20551");
  EXPECT_EQ(table.route("ioc/raw/v1/20551/gw/frigate/stats").rest, "frigate/stats");
}

TEST(catalogues, that_are_broken_are_refused_with_a_reason) {
  auto const refused = [](auto make) {
    try {
      make();
    } catch (std::invalid_argument const& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  metric_info level{"water_level", "m", {"level"}, {}, {}, {}, {}};
  source_info morse;
  morse.name = "morse";
  morse.decoder = "morse";
  morse.filters = {"#"};
  core::unit commune;
  commune.code = "03478";
  core::device d;
  d.unit = "03478";
  d.id = "WL-01";
  d.model = "unheard-of";
  EXPECT_NE(refused([&] { metric_table({level, level}); }).find("stands twice"), std::string::npos);
  EXPECT_NE(refused([&] { source_table({morse}); }).find("no decoder \"morse\""), std::string::npos);
  EXPECT_NE(refused([&] { catalogue::make({level}, {}, {}, {commune}, {d}); }).find("unheard-of"), std::string::npos);
  d.model.clear();
  d.parent = "SW-1";
  EXPECT_NE(refused([&] { catalogue::make({level}, {}, {}, {commune}, {d}); }).find("SW-1"), std::string::npos);
  d.parent.clear();
  d.unit = "1";
  EXPECT_NE(refused([&] { catalogue::make({level}, {}, {}, {commune}, {d}); }).find("no unit 1"), std::string::npos);
  device_model m;
  m.key = "m";
  m.readings = {{"distance", "water_level", 1, 0, "", ""}};
  EXPECT_NE(refused([&] { catalogue::make({level}, {}, {m}, {commune}, {}); }).find("distance"), std::string::npos);
}

TEST(units, are_turned_into_canonical_ones) {
  struct row {
    double v;
    char const* from;
    char const* to;
    double want;
  };
  for (row const& r : {row{1330, "mm", "m", 1.33}, row{45, "cm", "m", 0.45}, row{1.2, "kW", "W", 1200}, row{212, "[degF]", "Cel", 100}, row{300, "K", "Cel", 26.85},
                       row{44, "%", "1", 0.44}, row{0.5, "1", "%", 50}, row{1500, "W.h", "kW.h", 1.5}, row{760, "mm[Hg]", "hPa", 1013.25}, row{36, "km/h", "m/s", 10},
                       row{230, "V", "mV", 230000}, row{21, "degC", "Cel", 21}, row{2, "ppm", "[ppm]", 2}}) {
    auto const got = convert(r.v, r.from, r.to);
    ASSERT_TRUE(got) << r.from;
    EXPECT_NEAR(*got, r.want, 1e-3 * std::abs(r.want) * 1e-3) << r.from << " to " << r.to;
  }
  EXPECT_FALSE(convert(1, "m", "W"));
  EXPECT_FALSE(convert(1, "furlong", "m"));
  EXPECT_FALSE(convert(1, "V.A", "W")) << "apparent is not active power";
}

}  // namespace
}  // namespace ioc::perceive
