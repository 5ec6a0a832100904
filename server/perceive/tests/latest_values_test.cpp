#include "perceive/latest_values.hpp"

#include <gtest/gtest.h>

namespace ioc::perceive {
namespace {

latest_values saying(std::vector<std::string> const& names, series_pool& pool) {
  latest_values v;
  double n = 0;
  for (auto const& name : names) v.in(v.place_for(name)).v = ++n;
  v.settle(pool);
  return v;
}

TEST(latest_values, devices_that_say_the_same_share_the_names) {
  series_pool pool;
  auto a = saying({"voltage/L2", "voltage/L1"}, pool), b = saying({"voltage/L2", "voltage/L1"}, pool);
  EXPECT_EQ(a.names(), b.names());
  EXPECT_EQ(pool.size(), 1u);
  a.in(a.place_for("power")).v = 7.0;
  a.settle(pool);
  EXPECT_NE(a.names(), b.names()) << "what one says more is not the other's";
  EXPECT_EQ(b.find("power"), nullptr);
  EXPECT_EQ(std::get<double>(a.at("voltage/L1").v), 2);
  b.in(b.place_for("power")).v = 8.0;
  b.settle(pool);
  EXPECT_EQ(a.names(), b.names());
}

TEST(latest_values, is_read_in_the_order_of_names_and_keeps_places) {
  series_pool pool;
  auto v = saying({"c", "a", "b"}, pool);
  EXPECT_EQ(v.place_of("c"), 0u);
  EXPECT_EQ(v.place_of("x"), latest_values::nowhere);
  std::string order;
  for (auto const& [name, value] : v) order += name + std::to_string(static_cast<int>(std::get<double>(value.v)));
  EXPECT_EQ(order, "a2b3c1");
  EXPECT_THROW(v.at("x"), std::out_of_range);
}

TEST(latest_values, lists_that_nobody_uses_are_swept) {
  series_pool pool;
  for (int n = 0; n < 1'000; ++n) saying({"m" + std::to_string(n)}, pool);
  EXPECT_LE(pool.size(), 65u);
}

}  // namespace
}  // namespace ioc::perceive
