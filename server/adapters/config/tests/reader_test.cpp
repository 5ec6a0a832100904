#include "adapters/config/error.hpp"
#include "adapters/config/node.hpp"
#include "adapters/config/policy.hpp"
#include "adapters/config/reader.hpp"

#include <gtest/gtest.h>

using namespace ioc;

namespace {

TEST(decimal, takes_decimal_grammar_only) {
  struct row {
    char const* text;
    std::optional<double> value;
  };
  for (auto const& r : {row{"1", 1}, row{"-2.5", -2.5}, row{"+3", 3}, row{"1e3", 1000}, row{"0.0", 0}, row{"", {}}, row{"0x10", {}}, row{"inf", {}}, row{"nan", {}},
                        row{"1,5", {}}, row{"1 ", {}}, row{"--1", {}}, row{"1e999", {}}, row{"12a", {}}, row{".", {}}})
    EXPECT_EQ(config::decimal(r.text), r.value) << r.text;
}

TEST(nearest, finds_one_slip_and_refuses_strangers) {
  std::vector<std::string> const known{"value", "hold_s", "severity", "window_s"};
  EXPECT_EQ(config::nearest("valeu", known), "value");
  EXPECT_EQ(config::nearest("hold", known), "hold_s");
  EXPECT_EQ(config::nearest("windows_s", known), "window_s");
  EXPECT_EQ(config::nearest("brightness", known), "");
  EXPECT_EQ(config::nearest("", known), "");
}

TEST(parse, keeps_lines_and_quotes) {
  auto const root = config::parse_text("a: \"03478\"\nb:\n  - 1\n  - {c: ~}\n", "x.yaml");
  ASSERT_TRUE(root.is_map());
  EXPECT_TRUE(root.find("a")->quoted);
  EXPECT_EQ(root.find("b")->items[0].line, 3);
  EXPECT_FALSE(root.find("b")->items[0].quoted);
  EXPECT_TRUE(root.find("b")->items[1].find("c")->is_null());
  EXPECT_EQ(root.entries[1].line, 2);
}

TEST(parse, refuses_what_would_surprise) {
  for (auto const* text : {"a: 1\na: 2\n", "a: &x 1\n", "a: &x 1\nb: *x\n", "a: !!int 1\n", "a: 1\n---\nb: 2\n", "", "a: [1, 2\n", "{a: 1}: 2\n"})
    EXPECT_THROW(config::parse_text(text, "x.yaml"), config::config_error) << text;
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "[";
  EXPECT_THROW(config::parse_text(deep, "x.yaml"), config::config_error);
}

TEST(reader, a_missing_key_is_told_even_if_a_known_one_looks_like_it) {
  // "op" stands there and is near to "of": the missing one must not be taken for a slip of the other.
  auto const root = config::parse_text("op: ge\n", "x.yaml");
  config::fault_list faults;
  config::file_context const c{"x.yaml", faults};
  config::map_reader m(root, "", c);
  m.op("op");
  m.text("of");
  m.finish();
  ASSERT_FALSE(faults.empty());
  try {
    faults.throw_if_any();
  } catch (config::config_error const& e) {
    EXPECT_STREQ(e.what(), "x.yaml:1: of: the key is missing; add `of:` here");
  }
}

TEST(reader, numbers_and_texts_do_not_mix) {
  auto const root = config::parse_text("n: \"5\"\nd: 0.25\nt: 5\nl: [a, a]\nf: yes\n", "x.yaml");
  config::fault_list faults;
  config::file_context const c{"x.yaml", faults};
  config::map_reader m(root, "", c);
  m.number("n");
  EXPECT_EQ(m.seconds("d"), std::chrono::milliseconds{250});
  EXPECT_EQ(m.text("t"), "5");
  m.texts("l");
  m.flag("f", false);
  m.finish();
  try {
    faults.throw_if_any();
    FAIL();
  } catch (config::config_error const& e) {
    ASSERT_EQ(e.faults().size(), 3u);
    EXPECT_EQ(e.faults()[0].cure, "remove the quotes");
    EXPECT_EQ(e.faults()[1].what, "\"a\" stands twice in the list");
    EXPECT_EQ(e.faults()[2].cure, "write true or false, without quotes");
  }
}

TEST(time_of_day, is_hours_and_minutes) {
  EXPECT_EQ(config::time_of_day("21:05"), std::chrono::minutes{21 * 60 + 5});
  EXPECT_EQ(config::time_of_day("00:00"), std::chrono::minutes{0});
  for (auto const* bad : {"24:00", "1:00", "12:60", "12-00", "12:0x", ""}) EXPECT_FALSE(config::time_of_day(bad)) << bad;
}

}  // namespace
