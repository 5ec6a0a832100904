#include "perceive/xml_read.hpp"

#include <gtest/gtest.h>

namespace ioc::perceive {
namespace {

TEST(xml_read, what_is_well_formed) {
  xml_text const doc("\xEF\xBB\xBF<?xml version = '1.0'?><!-- a --><n:a b='1 &lt; 2' n:c=\"d\"> x <y/> &amp;&#x1EBF;<![CDATA[<z>]]> <e><f>g</f></e></n:a>\n\0");
  ASSERT_TRUE(doc.ok()) << doc.problem;
  EXPECT_EQ(doc.root.name, "a");
  ASSERT_EQ(doc.root.attributes.size(), 2u);
  EXPECT_EQ(doc.root.attributes[0].second, "1 < 2");
  EXPECT_EQ(doc.root.attributes[1].first, "c");
  EXPECT_EQ(doc.root.text, "x  &ế<z>");
  ASSERT_NE(doc.root.find("f"), nullptr);
  EXPECT_EQ(doc.root.find("f")->text, "g");
  EXPECT_EQ(doc.root.child_text("nobody"), "");
}

TEST(xml_read, what_is_not) {
  for (char const* bad : {"", "x", "<a>", "<a></b>", "<a b></a>", "<a b=1/>", "<a/><b/>", "<a>&</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a", "<a b='", "<1/>", "<a><![CDATA[x</a>", "<a>\x01</a>", "<a/>x"}) {
    xml_text const doc(bad);
    EXPECT_FALSE(doc.ok()) << bad;
    EXPECT_FALSE(doc.hostile) << bad;
  }
  for (char const* evil : {"<!DOCTYPE a><a/>", "<a><!ENTITY b 'c'></a>", "<a>&b;</a>", "<a b='&c;'/>"}) EXPECT_TRUE(xml_text(evil).hostile) << evil;
}

TEST(xml_read, bounds) {
  auto const nested = [](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) s += "<a>";
    for (std::size_t i = 0; i < n; ++i) s += "</a>";
    return s;
  };
  EXPECT_TRUE(xml_text(nested(xml_text::max_depth)).ok());
  EXPECT_FALSE(xml_text(nested(xml_text::max_depth + 1)).ok());
  EXPECT_FALSE(xml_text(nested(100'000)).ok());
  std::string many = "<a>";
  for (std::size_t i = 0; i < xml_text::max_nodes; ++i) many += "<b/>";
  EXPECT_FALSE(xml_text(many + "</a>").ok());
  EXPECT_FALSE(xml_text("<a>" + std::string(xml_text::max_bytes, 'x') + "</a>").ok());
}

TEST(xml_read, encodings) {
  xml_text const latin("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>caf\xE9</a>");
  EXPECT_EQ(latin.root.text, "café");
  EXPECT_FALSE(xml_text("<a>caf\xE9</a>").ok());
}

}  // namespace
}  // namespace ioc::perceive
