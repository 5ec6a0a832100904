#include "adapters/postgres/copy.hpp"
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/text.hpp"

#include <gtest/gtest.h>

using namespace ioc;
using namespace ioc::postgres;
using namespace std::string_literals;

TEST(CleanText, KeepsWhatIsWellFormed) {
  for (std::string const& s : {""s, "Mực nước sông 3,62 m"s, "\xF0\x9F\x8C\x8A"s, "\xEF\xBF\xBD"s, "\x01"s}) EXPECT_EQ(clean_text(s), s);
}

TEST(CleanText, ReplacesWhatPostgresRefuses) {
  std::string const r = "\xEF\xBF\xBD";
  EXPECT_EQ(clean_text("a\0b"s), "a" + r + "b");
  EXPECT_EQ(clean_text("\xC3"), r);
  EXPECT_EQ(clean_text("\xC0\x80"), r + r);          // overlong
  EXPECT_EQ(clean_text("\xED\xA0\x80"), r + r + r);  // a surrogate
  EXPECT_EQ(clean_text("\xF5\x80\x80\x80"), r + r + r + r);
  EXPECT_EQ(clean_text("x\xE1\xBB"), "x" + r + r);   // cut in the middle
}

TEST(CleanJson, ReplacesEscapesThatJsonbRefuses) {
  EXPECT_EQ(clean_json(R"({"a":"\u0000"})"), R"({"a":"\ufffd"})");
  EXPECT_EQ(clean_json(R"(["\ud800"])"), R"(["\ufffd"])");
  EXPECT_EQ(clean_json(R"(["\udc00x"])"), R"(["\ufffdx"])");
  EXPECT_EQ(clean_json(R"(["\ud83c\udf0a"])"), R"(["\ud83c\udf0a"])");
  EXPECT_EQ(clean_json(R"(["\\u0000"])"), R"(["\\u0000"])");  // a backslash and five letters, no escape
  EXPECT_EQ(clean_json(R"(["\ud83c\u0041"])"), R"(["\ufffd\u0041"])");
}

TEST(ArrayText, QuotesItsElements) {
  array_text a;
  a.add(R"(a"b\c,{})");
  a.add_null();
  a.add("NULL");
  EXPECT_EQ(a.take(), R"({"a\"b\\c,{}",NULL,"NULL"})");
  EXPECT_EQ(array_of({}), "{}");
}

TEST(Timestamp, IsUtcWithMicroseconds) {
  EXPECT_EQ(timestamp(core::from_us(1'816'447'800'123'456)), "2027-07-24 16:50:00.123456+00");
  EXPECT_EQ(timestamp(core::time_point::max()), "9999-12-31 23:59:59.999999+00");
  EXPECT_EQ(timestamp(core::time_point::min()), "0001-01-01 00:00:00.000000+00");
  EXPECT_EQ(timestamp(core::from_us(-1)), "1969-12-31 23:59:59.999999+00");
}

TEST(Hex, ReadsBackWhatItWrote) {
  std::string const all("\0\x7f\x80\xff\n", 5);
  EXPECT_EQ(hex(all), "007f80ff0a");
  EXPECT_EQ(from_hex(hex(all)), all);
}

TEST(FiledAt, IsTheReadingsOwnTimeWithinLimits) {
  reading_row r;
  r.known_at = core::from_ms(1'800'000'000'000);
  r.t = core::from_ms(1'700'000'000'000);
  EXPECT_EQ(filed_at(r), r.t);
  r.t = last_storable;
  EXPECT_EQ(filed_at(r), r.known_at);
  r.t = core::from_us(-5);
  EXPECT_EQ(filed_at(r), r.known_at);
  r.known_at = core::from_us(0);
  EXPECT_EQ(filed_at(r), first_storable);
}

TEST(ReadingCopy, IsTheBytesOfTheManual) {
  reading_copy c;
  reading_row r;
  r.t = core::from_us(946'684'800'000'001);
  r.known_at = core::from_us(946'684'800'000'000);
  r.v = 1.0;
  c.add(r, 7);
  std::string const expected = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"s + "\0\x09"s +
      "\0\0\0\x08\0\0\0\0\0\0\0\x01"s + "\0\0\0\x08\0\0\0\0\0\0\0\0"s + "\0\0\0\x08\x3f\xf0\0\0\0\0\0\0"s + "\xff\xff\xff\xff"s +
      "\0\0\0\x04\0\0\0\x07"s + "\0\0\0\x02\0\0"s + "\0\0\0\x01\0"s + "\0\0\0\x01\0"s + "\xff\xff\xff\xff"s + "\xff\xff"s;
  EXPECT_EQ(c.take(), expected);
}

TEST(Place, NeverShowsThePassword) {
  options o;
  o.url = "postgresql://ioc:geheim@db.example:5433/ioc";
  EXPECT_EQ(place_of(o), "db.example:5433/ioc");
  EXPECT_EQ(explain("connection refused", o).sentence.find("geheim"), std::string::npos);
}
