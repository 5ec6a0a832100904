#include "perceive/source_overlap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace ioc::perceive {
namespace {

using enum filter_relation;

TEST(filter_sets, stand_to_each_other_as_the_table_says) {
  struct row {
    char const* a;
    char const* b;
    filter_relation how;
    char const* both;  // null = nothing
  };
  for (row const& r : {row{"a/+", "+/b", partial, "a/b"}, row{"a/b", "a/b", equal, "a/b"}, row{"a/b", "a/+", subset, "a/b"}, row{"a/#", "a/b/c", superset, "a/b/c"},
                       row{"a/#", "a", superset, "a"}, row{"a/#", "b/#", disjoint, nullptr}, row{"a/+", "a/+/c", disjoint, nullptr}, row{"#", "+/#", equal, "#"},
                       row{"a/+/#", "a/#", subset, "a/+/#"}, row{"zigbee2mqtt/#", "+/events/rpc", partial, "zigbee2mqtt/events/rpc"},
                       row{"+/status/+", "+/+/onvif-ej/#", partial, "+/status/onvif-ej"}, row{"+/onvif-ej/#", "+/+/onvif-ej/#", partial, "+/onvif-ej/onvif-ej/#"},
                       row{"$SYS/#", "#", disjoint, nullptr}, row{"$SYS/#", "$SYS/+", superset, "$SYS/+"}, row{"/x", "+/x", subset, "/x"}, row{"+/+/#", "#", subset, "+/+/#"},
                       row{"a/+/c/#", "a/b/#", partial, "a/b/c/#"}}) {
    EXPECT_EQ(relation(r.a, r.b), r.how) << r.a << " and " << r.b;
    auto const both = intersection(r.a, r.b);
    EXPECT_EQ(both.has_value(), r.both != nullptr) << r.a << " and " << r.b;
    if (both && r.both) { EXPECT_EQ(*both, r.both); }
  }
}

// Every pair of small filters against every small topic: the relation is the one that the sets of topics have.
TEST(filter_sets, agree_with_the_topics_that_fit) {
  std::vector<std::string> filters, topics;
  auto const grow = [](std::vector<std::string> const& words, std::size_t depth, bool filter) {
    std::vector<std::string> all, last{""};
    for (std::size_t d = 0; d < depth; ++d) {
      std::vector<std::string> next;
      for (auto const& l : last)
        for (auto const& w : words) next.push_back(d == 0 ? w : l + "/" + w);
      all.insert(all.end(), next.begin(), next.end());
      if (filter) {
        for (auto const& l : last) all.push_back(d == 0 ? "#" : l + "/#");
      }
      last = next;
    }
    return all;
  };
  filters = grow({"a", "$b", "+"}, 3, true);
  topics = grow({"a", "$b", "other"}, 5, false);
  std::vector<std::set<std::size_t>> fits(filters.size());
  for (std::size_t f = 0; f < filters.size(); ++f)
    for (std::size_t t = 0; t < topics.size(); ++t)
      if (topic_fits(filters[f], topics[t])) fits[f].insert(t);
  for (std::size_t i = 0; i < filters.size(); ++i)
    for (std::size_t k = 0; k < filters.size(); ++k) {
      std::set<std::size_t> both;
      std::set_intersection(fits[i].begin(), fits[i].end(), fits[k].begin(), fits[k].end(), std::inserter(both, both.end()));
      auto const want = both.empty() ? disjoint : fits[i] == fits[k] ? equal : both == fits[i] ? subset : both == fits[k] ? superset : partial;
      ASSERT_EQ(relation(filters[i], filters[k]), want) << filters[i] << " and " << filters[k];
      auto const pattern = intersection(filters[i], filters[k]);
      for (std::size_t t = 0; pattern && t < topics.size(); ++t) ASSERT_EQ(topic_fits(*pattern, topics[t]), both.count(t) == 1) << filters[i] << " and " << filters[k] << " on " << topics[t];
    }
}

source_info source(std::string name, std::vector<std::string> filters) {
  source_info s;
  s.name = std::move(name);
  s.decoder = "frigate";
  s.filters = std::move(filters);
  s.unit = "03478";
  return s;
}

TEST(sources, that_overlap_in_part_must_say_who_takes_what) {
  auto a = source("a", {"a/+"}), b = source("b", {"+/b"});
  ASSERT_EQ(unresolved_overlaps({a, b}).size(), 1u);
  EXPECT_EQ(unresolved_overlaps({a, b})[0].both, "a/b");
  EXPECT_EQ(unresolved_overlaps({a, source("c", {"a/+"})})[0].how, equal);
  EXPECT_EQ(unresolved_overlaps({source("twice", {"x/#", "x/#"})}).size(), 1u);
  EXPECT_TRUE(unresolved_overlaps({a, source("narrow", {"a/b"})}).empty());

  auto except = a;
  except.except = {"+/b"};
  EXPECT_TRUE(unresolved_overlaps({except, b}).empty());
  EXPECT_EQ(source_table({except, b}).route("a/b").source->info.name, "b");
  auto yields = a;
  yields.yields = true;
  EXPECT_TRUE(unresolved_overlaps({yields, b}).empty());
  EXPECT_EQ(source_table({yields, b}).route("a/b").source->info.name, "b");
  EXPECT_EQ(source_table({yields, b}).route("a/c").source->info.name, "a");
  auto both = b;
  both.yields = true;
  EXPECT_EQ(unresolved_overlaps({yields, both}).size(), 1u) << "two that yield leave it open again";

  auto here = a, there = b;
  here.gateways = {"dien"};
  there.gateways = {"camera"};
  EXPECT_TRUE(unresolved_overlaps({here, there}).empty());
  source_table const table({here, there});
  EXPECT_EQ(table.route("ioc/raw/v1/03478/dien/a/b").source->info.name, "a");
  EXPECT_EQ(table.route("ioc/raw/v1/03478/camera/a/b").source->info.name, "b");
  EXPECT_EQ(table.route("ioc/raw/v1/03478/khac/a/b").source, nullptr);
  EXPECT_EQ(table.route("a/b").source, nullptr) << "bound to gateways: nothing that is not bridged";
  there.gateways = {"camera", "dien"};
  EXPECT_EQ(unresolved_overlaps({here, there}).size(), 1u);
}

}  // namespace
}  // namespace ioc::perceive
