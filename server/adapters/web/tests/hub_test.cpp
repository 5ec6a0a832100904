#include "adapters/web/hub.hpp"

#include <gtest/gtest.h>

namespace ioc::web {
namespace {

item_meta named(std::string device) {
  item_meta m;
  m.device = std::move(device);
  m.state = "online";
  return m;
}

TEST(hub, makes_what_nobody_follows_when_somebody_looks) {
  hub h;
  int made = 0;
  h.make_by(channel::devices, [&](std::vector<std::string> const& keys) {
    std::vector<std::string> out;
    for (auto const& k : keys) {
      ++made;
      out.push_back(k == "03478/gone" ? "" : "{\"key\":\"" + k + "\"}");
    }
    return out;
  });
  for (auto const* d : {"a", "b", "gone"}) h.touch(channel::devices, std::string{"03478/"} + d, "03478", named(d));
  h.put(channel::devices, "03478/c", "03478", "{\"key\":\"drawn\"}", named("c"));
  EXPECT_EQ(made, 0);

  item_filter all;
  all.units = {"03478"};
  auto const found = h.list(channel::devices, all, 100);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(*found[0].json, R"({"key":"03478/a"})");
  EXPECT_EQ(*found[2].json, R"({"key":"drawn"})");
  EXPECT_EQ(made, 3) << "what has its text is not made again";
  EXPECT_EQ(h.snapshot(channel::devices, all).items.size(), 3u);
  ASSERT_TRUE(h.find(channel::devices, "03478/b"));
  EXPECT_FALSE(h.find(channel::devices, "03478/gone"));

  h.touch(channel::devices, "03478/c", "03478", named("c"));
  EXPECT_EQ(*h.find(channel::devices, "03478/c")->json, R"({"key":"03478/c"})") << "an old text is not shown";
}

TEST(hub, leaves_out_what_cannot_be_made) {
  hub h;
  h.make_by(channel::devices, [](std::vector<std::string> const&) -> std::vector<std::string> { throw std::runtime_error("busy"); });
  h.touch(channel::devices, "03478/a", "03478", named("a"));
  item_filter all;
  all.units = {"03478"};
  EXPECT_TRUE(h.list(channel::devices, all, 10).empty());
  EXPECT_FALSE(h.find(channel::devices, "03478/a"));
}

TEST(hub, knows_whom_somebody_follows) {
  hub h;
  EXPECT_FALSE(h.followed(channel::devices, "03478"));
  h.follow(channel::devices, {"03478", "20551"}, +1);
  h.follow(channel::devices, {"03478"}, +1);
  h.follow(channel::devices, {"03478", "20551"}, -1);
  EXPECT_TRUE(h.followed(channel::devices, "03478"));
  EXPECT_FALSE(h.followed(channel::devices, "20551"));
  EXPECT_FALSE(h.followed(channel::alerts, "03478"));
}

}  // namespace
}  // namespace ioc::web
