#include "adapters/web/outbox.hpp"

#include <gtest/gtest.h>

namespace ioc::web::test {
namespace {

item_filter of(std::string const& unit) {
  item_filter f;
  f.units = {unit};
  return f;
}
std::string text(std::optional<frame> const& f) {
  if (!f) return "nothing";
  std::string out = f->head;
  for (std::size_t i = 0; i < f->items.size(); ++i) out += (i > 0 ? "," : "") + *f->items[i];
  return out + f->tail;
}
struct pair {
  hub h;
  outbox o;
  pair() { h.attach([] {}); }
  void pass() {
    for (auto const& c : h.take()) o.changed(c);
  }
};

TEST(outbox, latest_per_object_in_order_of_first_change) {
  pair p;
  EXPECT_TRUE(p.o.subscribe(1, channel::alerts, of("u")));
  EXPECT_FALSE(p.o.subscribe(1, channel::alerts, of("u")));
  EXPECT_EQ(text(p.o.next(p.h)), R"({"type":"snapshot","id":1,"seq":1,"items":[]})");
  p.h.put(channel::alerts, "a", "u", "1");
  p.pass();
  p.h.put(channel::alerts, "b", "u", "2");
  p.h.put(channel::alerts, "a", "u", "3");
  p.h.remove(channel::alerts, "b", "u");
  p.h.put(channel::alerts, "c", "other", "4");
  p.pass();
  EXPECT_EQ(text(p.o.next(p.h)), R"({"type":"delta","id":1,"seq":2,"upsert":[3],"remove":["b"]})");
  EXPECT_EQ(text(p.o.next(p.h)), "nothing");
  EXPECT_EQ(p.o.bytes(), 0u);
}

TEST(outbox, what_the_snapshot_holds_does_not_come_again) {
  pair p;
  p.h.put(channel::alerts, "a", "u", "1");
  p.o.subscribe(1, channel::alerts, of("u"));
  EXPECT_EQ(text(p.o.next(p.h)), R"({"type":"snapshot","id":1,"seq":1,"items":[1]})");
  p.pass();
  EXPECT_TRUE(p.o.empty());
}

TEST(outbox, words_before_snapshots_before_deltas_and_subscriptions_in_turn) {
  pair p;
  p.o.subscribe(1, channel::alerts, of("u"));
  p.o.subscribe(2, channel::devices, of("u"));
  p.o.next(p.h);
  p.o.next(p.h);
  p.o.say("hello");
  for (int i = 0; i < 100; ++i) p.h.put(channel::alerts, "a" + std::to_string(i), "u", std::string(10'000, '1'));
  p.h.put(channel::devices, "d", "u", "9");
  p.pass();
  p.o.subscribe(3, channel::tasks, of("u"));
  EXPECT_EQ(text(p.o.next(p.h)), "hello");
  EXPECT_EQ(text(p.o.next(p.h)).substr(0, 25), R"({"type":"snapshot","id":3)");
  EXPECT_LT(p.o.next(p.h)->size(), 300'000u);
  EXPECT_EQ(text(p.o.next(p.h)), R"({"type":"delta","id":2,"seq":2,"upsert":[9],"remove":[]})");
  int more = 0;
  for (auto f = p.o.next(p.h); f; f = p.o.next(p.h)) ++more;
  EXPECT_EQ(more, 3);
  EXPECT_EQ(p.o.bytes(), 0u);
}

TEST(outbox, a_thousand_readings_in_order_then_the_latest_of_each_series) {
  pair p;
  auto f = of("u");
  f.device = "d";
  p.o.subscribe(1, channel::readings, f);
  p.h.watch("u", "d", 1);
  p.o.next(p.h);
  for (int i = 0; i < 1500; ++i) p.h.reading("u", "d", i % 2 == 0 ? "x" : "y", std::to_string(i));
  p.pass();
  auto const out = p.o.next(p.h);
  ASSERT_TRUE(out);
  EXPECT_LE(out->items.size(), 1000u);
  EXPECT_EQ(*out->items.back(), "1499");
  EXPECT_EQ(*out->items[out->items.size() - 2], "1498");
  EXPECT_EQ(p.o.bytes(), 0u);
}

TEST(outbox, an_ended_subscription_leaves_nothing_behind) {
  pair p;
  p.o.subscribe(1, channel::alerts, of("u"));
  p.o.next(p.h);
  p.h.put(channel::alerts, "a", "u", "1");
  p.pass();
  EXPECT_GT(p.o.bytes(), 0u);
  EXPECT_TRUE(p.o.unsubscribe(1));
  EXPECT_FALSE(p.o.unsubscribe(1));
  EXPECT_EQ(p.o.bytes(), 0u);
  EXPECT_TRUE(p.o.empty());
}

TEST(hub, lists_in_order_and_forgets_nothing_it_was_not_told_to) {
  hub h;
  item_meta m;
  for (int i = 0; i < 5; ++i) {
    m.at = core::from_ms(i);
    h.put(channel::alerts, "k" + std::to_string(i), "u", std::to_string(i), m);
  }
  m.at = core::from_ms(9);
  h.put(channel::alerts, "k0", "u", "moved", m);
  auto const all = h.list(channel::alerts, of("u"), 10);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(*all[0].json, "moved");
  EXPECT_EQ(all[4].key, "k1");
  auto const rest = h.list(channel::alerts, of("u"), 10, hub::position{core::to_us(all[1].meta.at), all[1].key});
  ASSERT_EQ(rest.size(), 3u);
  EXPECT_EQ(rest[0].key, all[2].key);
  h.remove(channel::alerts, "k3", "u");
  EXPECT_FALSE(h.find(channel::alerts, "k3"));
  EXPECT_EQ(h.list(channel::alerts, of("u"), 10).size(), 4u);
}

TEST(hub, wakes_once_until_it_is_emptied) {
  hub h;
  int woken = 0;
  h.attach([&] { ++woken; });
  h.put(channel::alerts, "a", "u", "1");
  h.put(channel::alerts, "b", "u", "1");
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(h.take().size(), 2u);
  h.put(channel::alerts, "a", "u", "2");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(h.take().size(), 1u);
}

}  // namespace
}  // namespace ioc::web::test
