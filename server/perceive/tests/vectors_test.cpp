#include "perceive/vector_check.hpp"

#include <gtest/gtest.h>


namespace ioc::perceive {
namespace {

TEST(vector_check, fails_what_is_wrong) {
  std::string const good = R"({"id":"a","family":"zigbee2mqtt","topic":"zigbee2mqtt/x","payload":"{\"temperature\":20.5}","expect":{"device":"x","kind":"telemetry","outcome":"accept","readings":[{"metric":"temperature","unit":"Cel","value":20.5}]}})";
  EXPECT_EQ(check_vectors(good).passed, 1u);
  struct row {
    char const* what;
    char const* from;
    char const* to;
  };
  for (row const r : {row{"value", "\"value\":20.5", "\"value\":20.6"}, row{"unit", "\"Cel\"", "\"K\""}, row{"device", "\"device\":\"x\"", "\"device\":\"y\""},
                      row{"kind", "\"kind\":\"telemetry\"", "\"kind\":\"event\""}, row{"outcome", "\"accept\"", "\"reject\""},
                      row{"time", "\"value\":20.5", "\"value\":20.5,\"time\":\"2026-01-05T02:00:00Z\""}, row{"forbid", "\"device\":\"x\"", "\"device\":\"x\",\"forbid\":[{\"metric\":\"temperature\"}]"},
                      row{"family", "\"family\":\"zigbee2mqtt\"", "\"family\":\"morse\""}}) {
    std::string bad = good;
    auto const at = bad.find(r.from);
    ASSERT_NE(at, std::string::npos) << r.what;
    bad.replace(at, std::string(r.from).size(), r.to);
    EXPECT_EQ(check_vectors(bad).failed.size(), 1u) << r.what;
  }
  EXPECT_EQ(check_vectors("no json\n").failed.size(), 1u);
}

}  // namespace
}  // namespace ioc::perceive
