#include "app/ctl/arguments.hpp"

#include <gtest/gtest.h>

using namespace ioc::ctl;

namespace {

command_spec const spec{"user add", {"FILE"}, {"config"}, {"unit"}, {"no-change"}, ""};

std::string refusal(std::vector<std::string> const& words) {
  try {
    parse_arguments(spec, words);
  } catch (usage_error const& e) {
    return e.what();
  }
  return "accepted";
}

TEST(arguments, both_ways_to_write_an_option) {
  auto const a = parse_arguments(spec, {"x.yaml", "--config", "a", "--unit=03478", "--no-change", "--json"});
  EXPECT_EQ(a.operands, (std::vector<std::string>{"x.yaml"}));
  EXPECT_EQ(a.option("config"), "a");
  EXPECT_EQ(a.option("unit"), "03478");
  EXPECT_TRUE(a.flag("no-change"));
  EXPECT_TRUE(a.json);
}

TEST(arguments, refusals_name_the_cure) {
  EXPECT_NE(refusal({"x", "--confg", "a"}).find("did you mean --config?"), std::string::npos);
  EXPECT_NE(refusal({"x"}).find("--config is missing"), std::string::npos);
  EXPECT_NE(refusal({"--config", "a"}).find("0 operands are given, 1 expected"), std::string::npos);
  EXPECT_NE(refusal({"x", "--config"}).find("--config needs a value"), std::string::npos);
}

}  // namespace
