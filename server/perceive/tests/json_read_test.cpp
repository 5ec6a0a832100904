#include "perceive/json_read.hpp"

#include <gtest/gtest.h>

namespace ioc::perceive {
namespace {

std::string nested(std::size_t n) { return std::string(n, '[') + std::string(n, ']'); }

TEST(json_read, refuses_what_hurts) {
  std::string const digits(400, '9');
  for (auto const& [text, why] : std::initializer_list<std::pair<std::string, std::string>>{
           {nested(max_json_depth + 1), "JSON is nested deeper than 64 levels"},
           {nested(200'000), "JSON is nested deeper than 64 levels"},
           {"{\"v\":" + digits + "}", "JSON with a number beyond what a double holds"},
           {"[[1e999]]", "JSON with a number beyond what a double holds"},
           {"-" + digits, "JSON with a number beyond what a double holds"},
           {"{\"v\":\"\xC3\x28\"}", "payload is not valid UTF-8"},
           {"\xFF\xFE{}", "payload is not valid UTF-8"},
           {"", "empty payload"},
           {std::string(3, '\0'), "empty payload"}}) {
    json_text const doc(text);
    EXPECT_EQ(doc.problem, why) << text.substr(0, 40);
    EXPECT_TRUE(doc.root.is_null());
  }
  for (char const* bad : {"NaN", "{\"v\":NaN}", "[Infinity]", "{\"v\":1}x", "{'v':1}", "[1,]", "01", "{\"v\":0x10}"}) EXPECT_FALSE(json_text(bad).ok()) << bad;
}

TEST(json_read, tolerates_what_devices_do) {
  json_text const doc(std::string_view("\xEF\xBB\xBF {\"v\":\"1.50\"}\r\n\0\0", 20));
  ASSERT_TRUE(doc.ok()) << doc.problem;
  EXPECT_EQ(number(member(&doc.root, "v")), 1.5);
  EXPECT_TRUE(json_text(nested(max_json_depth)).ok());
  EXPECT_TRUE(json_text("{\"t\":1e-999}").ok());
}

TEST(json_read, decimal_grammar_only) {
  for (char const* good : {"0", "-0.5", "+7", ".5", "001234.567", "1e3"}) EXPECT_TRUE(decimal(good)) << good;
  for (char const* bad : {"", "-", "nan", "inf", "-inf", "0x10", "1,5", "1 2", "1e999", "--1", "+-1", "5 mm"}) EXPECT_FALSE(decimal(bad)) << bad;
  EXPECT_FALSE(decimal(std::string(400, '9')));
}

}  // namespace
}  // namespace ioc::perceive
